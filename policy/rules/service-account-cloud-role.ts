/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/security/service-accounts/
 */
import { isKind, onObjects, pathIn } from "../kubernetes";
import type { Rule } from "../rule";
import { asObject, eachEntry, isAbsent, text, texts } from "../values";

/** Marks by which a cloud gives a ServiceAccount's pods a role there. Sources: the clouds' own docs, one each. */
const marks: readonly string[] = [
  "eks.amazonaws.com/role-arn", // EKS, IAM roles for service accounts
  "iam.gke.io/gcp-service-account", // GKE, Workload Identity Federation
  "azure.workload.identity/client-id", // AKS, Microsoft Entra Workload ID
  "pod-identity.alibabacloud.com/role-name", // ACK, RRSA
  "cloud.ibm.com/trusted-profile", // IKS
  "oci.oraclecloud.com/workload-identity", // OKE
];

export const serviceAccountCloudRole: Rule = {
  name: "service-account-cloud-role",
  description: "A ServiceAccount has no role in the cloud but those that are listed.",
  severity: "high",
  remediation: "List the role in this rule's `allowed`: what it may do there is in no manifest.",
  url: "https://kubernetes.io/docs/concepts/security/service-accounts/",
  configSchema: {
    properties: {
      allowed: {
        type: "array",
        items: { type: "string" },
        description: "Values of those annotations that are meant, such as a role's ARN. Default: none.",
      },
    },
  },
  defaults: { allowed: [] },
  checks: [
    onObjects(
      (object) => isKind(object, "", "ServiceAccount"),
      (object, report, config) => {
        const path = pathIn(object, "metadata", "annotations");
        eachEntry(asObject(object.props["metadata"])["annotations"], path, report, (value, entryPath, key) => {
          if (!marks.includes(key) || isAbsent(value) || texts(config["allowed"]).includes(text(value))) return;
          report.violation(entryPath, "gives its pods a role in the cloud that is not listed");
        });
      },
    ),
  ],
};
