import type { Settings } from "../../../../settings/schema";

/**
 * By what a cloud's webhook knows the collectors' pods. Sources: docs.aws.amazon.com/eks, IAM roles for service accounts;
 * azure.github.io/azure-workload-identity, Service account labels and annotations, Pod labels
 */
export function cloudMarks({ prometheusIdentity }: Pick<Settings, "prometheusIdentity">): {
  serviceAccount: Record<string, string>;
  pod: Record<string, string>;
} {
  const { aws, azure } = prometheusIdentity ?? {};
  if (aws?.roleArn !== undefined) return { serviceAccount: { "eks.amazonaws.com/role-arn": aws.roleArn }, pod: {} };
  if (azure === undefined) return { serviceAccount: {}, pod: {} };
  return {
    serviceAccount: { "azure.workload.identity/client-id": azure.clientId },
    pod: { "azure.workload.identity/use": "true" },
  };
}
