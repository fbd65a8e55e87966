import type { Settings } from "../../../../settings/schema";

/**
 * Names and labels by which others find what this stack makes: Services, dashboards and an existing installation go by
 * them. Source: the platform's present deployment; https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
 */

/** The DaemonSet's selector, which cannot be changed once it is there. */
export const selectorOf = (workload: "alloy" | "alloy-canary"): Record<string, string> => ({
  "app.kubernetes.io/name": workload,
  "app.kubernetes.io/instance": "alloy",
});

/** Labels of every object of a workload, and of its pods. */
export const labelsOf = (
  { environment }: Pick<Settings, "environment">,
  workload: "alloy" | "alloy-canary" = "alloy",
): Record<string, string> => ({
  ...selectorOf(workload),
  "app.kubernetes.io/component": workload === "alloy" ? "collector" : "canary",
  "app.kubernetes.io/part-of": "detectviz",
  "app.kubernetes.io/managed-by": "pulumi",
  "detectviz.io/environment": environment,
});

/** `metadata` of a namespaced object. */
export const metadataOf = (
  settings: Settings,
  name: string,
  workload: "alloy" | "alloy-canary" = "alloy",
): { name: string; namespace: string; labels: Record<string, string> } => ({
  name,
  namespace: settings.namespace.name,
  labels: labelsOf(settings, workload),
});

/** What an unprivileged container may do on its node. Source: Pod Security Standards, restricted; and a read-only root. */
export const unprivileged = {
  runAsNonRoot: true,
  privileged: false,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
