/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
 */
import { onPods } from "../pods";
import type { Rule } from "../rule";
import { isAbsent } from "../values";

const fields = ["hostNetwork", "hostPID", "hostIPC"];

export const podHostNamespaces: Rule = {
  name: "pod-host-namespaces",
  description:
    "A pod shares neither network nor processes nor IPC with its node, nor do its containers their processes.",
  severity: "critical",
  remediation: "Remove it, or set it to false.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
  checks: [
    ...fields.map((field) =>
      onPods((pod, report) => {
        const value = pod.spec[field];
        if (!isAbsent(value) && value !== false) report.violation(`${pod.path}.${field}`, "is not false");
      }),
    ),
    onPods((pod, report) => {
      const value = pod.spec["shareProcessNamespace"];
      if (!isAbsent(value) && value !== false)
        report.violation(
          `${pod.path}.shareProcessNamespace`,
          "lets each container read the others' memory, files and environment",
        );
    }),
  ],
};
