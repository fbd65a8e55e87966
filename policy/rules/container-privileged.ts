/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
 */
import { onContainers, securityOf } from "../pods";
import type { Rule } from "../rule";
import { isAbsent } from "../values";

export const containerPrivileged: Rule = {
  name: "container-privileged",
  description: "No container is privileged.",
  severity: "critical",
  remediation: "Remove it, or set it to false: a privileged container is root on its node.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
  checks: [
    onContainers((ref, report) => {
      const { privileged } = securityOf(ref);
      if (!isAbsent(privileged) && privileged !== false)
        report.violation(`${ref.path}.securityContext.privileged`, "is not false");
    }),
  ],
};
