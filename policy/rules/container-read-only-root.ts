/**
 * @severity medium
 * @link https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
 */
import { onContainers, securityOf } from "../pods";
import type { Rule } from "../rule";

export const containerReadOnlyRoot: Rule = {
  name: "container-read-only-root",
  description: "A container's own file system is read-only.",
  severity: "medium",
  remediation: "Set it to true and mount a volume where the program has to write.",
  url: "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
  checks: [
    onContainers((ref, report) => {
      if (securityOf(ref)["readOnlyRootFilesystem"] !== true)
        report.violation(`${ref.path}.securityContext.readOnlyRootFilesystem`, "is not true");
    }),
  ],
};
