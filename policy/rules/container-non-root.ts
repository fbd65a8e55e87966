/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
import { isExcepted } from "../exceptions";
import { onContainers, onPods, podSecurityOf, securityOf } from "../pods";
import type { Rule } from "../rule";
import { isAbsent } from "../values";

const isUser = (value: unknown): boolean => isAbsent(value) || (typeof value === "number" && value > 0);

export const containerNonRoot: Rule = {
  name: "container-non-root",
  description: "No container runs as root, and the kubelet makes sure of it.",
  severity: "high",
  remediation: "Set runAsNonRoot: true and a runAsUser above 0.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
  checks: [
    onContainers((ref, report, config) => {
      // A container's own value wins over the pod's.
      const own = securityOf(ref)["runAsNonRoot"];
      const value = isAbsent(own) ? podSecurityOf(ref.pod)["runAsNonRoot"] : own;
      if (value !== true && !isExcepted(ref, config))
        report.violation(`${ref.path}.securityContext.runAsNonRoot`, "is not true, nor is the pod's");
    }),
    onContainers((ref, report, config) => {
      if (!isUser(securityOf(ref)["runAsUser"]) && !isExcepted(ref, config))
        report.violation(`${ref.path}.securityContext.runAsUser`, "is not a user above 0");
    }),
    onPods((pod, report) => {
      if (!isUser(podSecurityOf(pod)["runAsUser"]))
        report.violation(`${pod.path}.securityContext.runAsUser`, "is not a user above 0");
    }),
    onPods((pod, report) => {
      const value = podSecurityOf(pod)["runAsNonRoot"];
      if (!isAbsent(value) && value !== true)
        report.violation(`${pod.path}.securityContext.runAsNonRoot`, "is not true");
    }),
  ],
};
