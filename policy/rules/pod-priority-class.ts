/**
 * @severity medium
 * @link https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/
 */
import { onPods } from "../pods";
import type { Rule } from "../rule";
import { text, texts } from "../values";

const highestForUsers = 1_000_000_000;

export const podPriorityClass: Rule = {
  name: "pod-priority-class",
  description: "Only listed workloads take the priority of the system's own.",
  severity: "medium",
  remediation: "Use an ordinary priority class, or list this one in the rule's `allowed`.",
  url: "https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/",
  configSchema: {
    properties: {
      allowed: {
        type: "array",
        items: { type: "string" },
        description: "Classes whose names begin with `system-` that may be used. Default: none.",
      },
    },
  },
  defaults: { allowed: [] },
  checks: [
    onPods((pod, report, config) => {
      const name = text(pod.spec["priorityClassName"]);
      if (name.startsWith("system-") && !texts(config["allowed"]).includes(name))
        report.violation(`${pod.path}.priorityClassName`, "evicts other pods as the system's own do");
    }),
    // Source: scheduling.k8s.io, HighestUserDefinablePriority
    onPods((pod, report) => {
      if (Number(pod.spec["priority"] ?? 0) > highestForUsers)
        report.violation(`${pod.path}.priority`, "evicts other pods as the system's own do");
    }),
  ],
};
