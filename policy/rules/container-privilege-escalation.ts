/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
import { onContainers, securityOf } from "../pods";
import type { Rule } from "../rule";

export const containerPrivilegeEscalation: Rule = {
  name: "container-privilege-escalation",
  description: "No process of a container gets more rights than the one that started it.",
  severity: "high",
  remediation: "Set it to false. Left out it is true.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
  checks: [
    onContainers((ref, report) => {
      if (securityOf(ref)["allowPrivilegeEscalation"] !== false)
        report.violation(`${ref.path}.securityContext.allowPrivilegeEscalation`, "is not false");
    }),
  ],
};
