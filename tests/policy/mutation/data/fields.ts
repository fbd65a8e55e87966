import type { Addition, BaseName, Mutation } from "../mutation";

/** Field and what is put there; nothing takes the field away. */
export type Change = readonly [field: string, set?: unknown];

/** Mutations of one rule that change one field of one object each. */
export function fields(rule: string, base: BaseName, object: string, changes: readonly Change[]): Mutation[] {
  return changes.map(([field, set]) => ({ rule, base, edits: [{ object, field, set }] }));
}

/** Mutations of one rule that add one resource each. */
export function additions(rule: string, base: BaseName, added: readonly Addition[]): Mutation[] {
  return added.map((one) => ({ rule, base, add: [one] }));
}

// Objects and fields that mutations strike again and again, as an edit names them.
export const set = "DaemonSet/alloy";
export const config = "ConfigMap/alloy-config";
export const pipelineText = 'data["config.alloy"]';
export const monitor = "PodMonitor/alloy";
export const pod = "spec.template.spec";
export const collector = `${pod}.containers[0]`;
export const prepare = `${pod}.initContainers[0]`;
/** Names of an object that is added to the collectors' namespace. */
export const inMonitoring = { metadata: { name: "extra", namespace: "monitoring" } };

/** In the pipeline's text, the first is replaced by the second. */
export const written = (rule: string, from: string, to: string): Mutation => ({
  rule,
  base: "production",
  edits: [{ object: config, field: pipelineText, replace: [from, to] }],
});

const confined = {
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** A container with which nothing is wrong. */
export const goodContainer = {
  name: "extra",
  image: "docker.io/grafana/alloy:v1.18.1",
  resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "100m", memory: "64Mi" } },
  securityContext: confined,
};

/** The same with some fields of its own. */
export const containerWith = (fieldsOfIt: Record<string, unknown>): Record<string, unknown> => ({
  ...goodContainer,
  ...fieldsOfIt,
});

/** The same with another security context. */
export const containerSecured = (security: Record<string, unknown>): Record<string, unknown> => ({
  ...goodContainer,
  securityContext: { ...confined, ...security },
});

/** A workload of its own with which nothing is wrong, in the stack's namespace. */
export const goodDeployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "extra", namespace: "monitoring" },
  spec: {
    selector: { matchLabels: { app: "extra" } },
    template: {
      metadata: { labels: { app: "extra" } },
      spec: {
        serviceAccountName: "extra",
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
        containers: [goodContainer],
      },
    },
  },
};
