import type { Settings } from "./schema";

/**
 * Names that objects have in the cluster. They are those of the platform's present deployment, so that an existing
 * Alloy can be taken over by name. Changing one replaces the object: it is a breaking change.
 */
export const names = {
  app: "alloy",
  serviceAccount: "alloy",
  clusterRole: "alloy",
  daemonSet: "alloy",
  podMonitor: "alloy",
  networkPolicy: "alloy",
  configMap: "alloy-config",
  configKey: "config.alloy",
  container: "alloy",
  prepareContainer: "prepare-storage",
  portName: "http-metrics",
} as const;

/** The collector's HTTP port: readiness, its own metrics, the UI. */
export const httpPort = 12345;

/** User and group `alloy` of the image. */
export const collectorUid = 473;

/** The DaemonSet's selector: immutable, and the one that the platform's present DaemonSet has. */
export const selectorLabels = {
  "app.kubernetes.io/name": names.app,
  "app.kubernetes.io/instance": names.app,
} as const;

/** Labels of every object of ours. */
export function commonLabels(settings: Pick<Settings, "environment">): Record<string, string> {
  return {
    ...selectorLabels,
    "app.kubernetes.io/component": "collector",
    "app.kubernetes.io/part-of": "detectviz",
    "app.kubernetes.io/managed-by": "pulumi",
    "detectviz.io/environment": settings.environment,
  };
}

/** Carries the checksum of the pipeline's text on the pod template, so that a changed ConfigMap rolls the pods. */
export const configChecksumAnnotation = "detectviz.io/config-checksum";

/**
 * The collectors' role in Vault's Kubernetes auth method, and their policy there. A policy's name is Vault's in lower
 * case, whatever is written.
 */
export function vaultRole(settings: Pick<Settings, "clusterName">): string {
  return `alloy-${settings.clusterName}`.toLowerCase();
}
