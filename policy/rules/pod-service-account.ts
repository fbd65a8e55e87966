/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts
 */
import { onPods } from "../pods";
import type { Rule } from "../rule";
import { text } from "../values";

export const podServiceAccount: Rule = {
  name: "pod-service-account",
  description: "A pod runs under a ServiceAccount of its own.",
  severity: "high",
  remediation: "Create a ServiceAccount for this workload and name it in serviceAccountName.",
  url: "https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts",
  checks: [
    onPods((pod, report) => {
      // `serviceAccount` is the deprecated alias; the API server copies one to the other.
      const name = text(pod.spec["serviceAccountName"]) || text(pod.spec["serviceAccount"]);
      if (name === "" || name === "default")
        report.violation(`${pod.path}.serviceAccountName`, "is the namespace's default ServiceAccount");
    }),
  ],
};
