/**
 * @severity high
 * @link https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting
 */
import { onPods } from "../pods";
import type { Rule } from "../rule";
import { text, texts } from "../values";

export const podTokenAutomount: Rule = {
  name: "pod-token-automount",
  description: "No container is given a token of the Kubernetes API unasked.",
  severity: "high",
  remediation:
    "Set it to false, and mount a projected token in the one container that calls the API; or list the ServiceAccount in this rule's `allowed`.",
  url: "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting",
  configSchema: {
    properties: {
      allowed: {
        type: "array",
        items: { type: "string" },
        description: "ServiceAccounts whose pods call the Kubernetes API from every container. Default: none.",
      },
    },
  },
  defaults: { allowed: [] },
  checks: [
    onPods((pod, report, config) => {
      // The pod's own value wins over its ServiceAccount's, which may be made by somebody else.
      if (pod.spec["automountServiceAccountToken"] === false) return;
      if (!texts(config["allowed"]).includes(text(pod.spec["serviceAccountName"])))
        report.violation(`${pod.path}.automountServiceAccountToken`, "is not false: every container gets a token");
    }),
  ],
};
