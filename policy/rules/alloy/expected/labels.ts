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
  { environment, labels }: Pick<Settings, "environment" | "labels">,
  workload: "alloy" | "alloy-canary" = "alloy",
): Record<string, string> => ({
  ...labels,
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
): Metadata => ({
  name,
  namespace: settings.namespace.name,
  labels: labelsOf(settings, workload),
  ...annotationsOf(settings),
});

/** `metadata` of an object in a namespace, as a stack has it. */
export type Metadata = {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  annotations?: Record<string, string>;
};

/** Annotations as a part of `metadata`: those of the settings, and `more`; nothing where there are none. */
export function annotationsOf(
  { annotations }: Pick<Settings, "annotations">,
  more: Record<string, string> = {},
): { annotations?: Record<string, string> } {
  const all = { ...annotations, ...more };
  return Object.keys(all).length === 0 ? {} : { annotations: all };
}

/** What an unprivileged container may do on its node. Source: Pod Security Standards, restricted; and a read-only root. */
export const unprivileged = {
  runAsNonRoot: true,
  privileged: false,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
