import type { Settings } from "./schema";

/**
 * Names that objects have in the cluster. They are those of the platform's present deployment, so that an existing
 * Alloy can be taken over by name. Changing one replaces the object: it is a breaking change. The ClusterRole, which is
 * nobody's namespace's, has its name from the settings.
 */
export const names = {
  app: "alloy",
  serviceAccount: "alloy",
  daemonSet: "alloy",
  podMonitor: "alloy",
  prometheusRule: "alloy",
  dashboard: "alloy-dashboard",
  dataSource: "alloy-loki-data-source",
  lokiRules: "alloy-loki-rules",
  networkPolicy: "alloy",
  configMap: "alloy-config",
  configKey: "config.alloy",
  container: "alloy",
  prepareContainer: "prepare-storage",
  forgetContainer: "forget-rotated",
  portName: "http-metrics",
  /** Not loki-canary: Loki's own chart makes objects of that name, often in the same namespace. */
  canary: "alloy-canary",
} as const;

/** loki-canary's HTTP port: its metrics. */
export const canaryPort = 3500;

/** The collector's HTTP port: readiness, its own metrics, the UI. */
export const httpPort = 12345;

/** User and group `alloy` of the image. */
export const collectorUid = 473;

/** User and group of the canary: those that Loki's chart gives it, since its image names none. */
export const canaryUid = 10001;

/** The DaemonSet's selector: immutable, and the one that the platform's present DaemonSet has. */
export const selectorLabels = {
  "app.kubernetes.io/name": names.app,
  "app.kubernetes.io/instance": names.app,
} as const;

/** The same of the canary, whose pods are no collectors. */
export const canarySelectorLabels = {
  "app.kubernetes.io/name": names.canary,
  "app.kubernetes.io/instance": names.app,
} as const;

/** Variables with the canary's credential, and the key of its Secret that each is read from. */
export function canaryCredential({ canary }: Pick<Settings, "canary">): { name: string; key: string }[] {
  if (canary.secretName === undefined) return [];
  return [
    { name: "LOKI_USERNAME", key: canary.keys.username },
    { name: "LOKI_PASSWORD", key: canary.keys.password },
  ];
}

/** What labels and annotations of objects are made from. */
type Marked = Pick<Settings, "environment" | "labels">;

/** Labels of every object of the collectors. */
export function commonLabels(settings: Marked): Record<string, string> {
  return labelsOf(settings, selectorLabels, "collector");
}

/** Labels of every object of the canary. */
export function canaryLabels(settings: Marked): Record<string, string> {
  return labelsOf(settings, canarySelectorLabels, "canary");
}

/** Annotations of an object, as a part of its metadata: those of the settings, and its own. */
export function annotated(
  { annotations }: Pick<Settings, "annotations">,
  own: Readonly<Record<string, string>> = {},
): { annotations?: Record<string, string> } {
  const all = { ...annotations, ...own };
  return Object.keys(all).length === 0 ? {} : { annotations: all };
}

function labelsOf(
  settings: Marked,
  selector: Readonly<Record<string, string>>,
  component: string,
): Record<string, string> {
  return {
    // None of them can be one of those below: settings/pod/metadata.ts refuses it.
    ...settings.labels,
    ...selector,
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/part-of": "detectviz",
    "app.kubernetes.io/managed-by": "pulumi",
    "detectviz.io/environment": settings.environment,
  };
}

/** Carries the checksum of the pipeline's text on the pod template, so that a changed ConfigMap rolls the pods. */
export const configChecksumAnnotation = "detectviz.io/config-checksum";

/**
 * What the names of the collectors' role in Vault's Kubernetes auth method and of their policy begin with; what they
 * grant is behind it. A policy's name is Vault's in lower case, whatever is written.
 */
export function vaultRolePrefix(settings: Pick<Settings, "clusterName">): string {
  return `alloy-${settings.clusterName}.`.toLowerCase();
}

/**
 * The managed namespace's labels. A hostPath volume cannot pass Pod Security's `baseline`, so `privileged` is what can
 * be enforced; `restricted` is audited and warned of, so that everything else that a pod asks for stays visible.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function namespaceLabels(settings: Settings): Record<string, string> {
  return {
    ...settings.labels,
    "app.kubernetes.io/part-of": commonLabels(settings)["app.kubernetes.io/part-of"] ?? "",
    "app.kubernetes.io/managed-by": "pulumi",
    "pod-security.kubernetes.io/enforce": "privileged",
    "pod-security.kubernetes.io/audit": "restricted",
    "pod-security.kubernetes.io/warn": "restricted",
  };
}
