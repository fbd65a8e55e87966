import type { Mutation } from "../mutation";
import {
  additions,
  collector,
  containerWith,
  fields,
  goodDeployment,
  monitor,
  pod,
  prepare,
  set,
  written,
} from "./fields";

/** prepare-storage without the rights for which it is looked at so closely: what is left is its shape. */
const harmless = [
  { object: set, field: `${prepare}.securityContext.runAsNonRoot`, set: true },
  { object: set, field: `${prepare}.securityContext.runAsUser`, set: 473 },
  { object: set, field: `${prepare}.securityContext.capabilities`, set: { drop: ["ALL"] } },
];

const daemonSet = { ...goodDeployment, kind: "DaemonSet" };

export const collectorMutations: Mutation[] = [
  ...fields("alloy-token", "production", "ServiceAccount/alloy", [
    ["automountServiceAccountToken", true],
    ["automountServiceAccountToken"],
  ]),
  ...fields("alloy-token", "production", set, [
    [`${pod}.containers[1]`, containerWith({ volumeMounts: [{ name: "api-access", mountPath: "/token" }] })],
    [
      `${pod}.volumes[9]`,
      { name: "long", projected: { sources: [{ serviceAccountToken: { path: "token", expirationSeconds: 86400 } }] } },
    ],
    [`${pod}.automountServiceAccountToken`, true],
  ]),
  ...additions("alloy-token", "production", [
    {
      type: "kubernetes:core/v1:Secret",
      name: "for-ever",
      props: {
        metadata: {
          name: "for-ever",
          namespace: "monitoring",
          annotations: { "kubernetes.io/service-account.name": "alloy" },
        },
        type: "kubernetes.io/service-account-token",
      },
    },
  ]),
  ...fields("alloy-mounts", "production", set, [
    [`${pod}.volumes[9]`, { name: "more", secret: { secretName: "admin" } }],
    [`${pod}.volumes[8]`, { name: "more", projected: { sources: [{ secret: { name: "admin" } }] } }],
    [`${pod}.volumes[7]`, { name: "more", csi: { driver: "secrets-store.csi.k8s.io" } }],
    [`${collector}.env[9]`, { name: "LOKI_PASSWORD", valueFrom: { secretKeyRef: { name: "a", key: "b" } } }],
    [`${collector}.envFrom`, [{ secretRef: { name: "alloy-credentials" } }]],
    [`${pod}.containers[1]`, containerWith({ volumeMounts: [{ name: "credentials", mountPath: "/credentials" }] })],
  ]),
  ...fields("alloy-mounts", "staging", set, [
    [`${pod}.volumes[9]`, { name: "credentials", secret: { secretName: "alloy-credentials" } }],
  ]),
  ...fields("alloy-arguments", "production", set, [
    [`${collector}.args[20]`, "--server.http.enable-pprof=true"],
    [`${collector}.args[21]`, "--stability.level=experimental"],
    [`${collector}.args[22]`, "--disable-reporting=false"],
    [`${collector}.args[23]`, "--server.http.disable-support-bundle=false"],
    [`${collector}.args`, ["run", "/etc/alloy/config.alloy"]],
    [`${collector}.command`, ["/bin/alloy-dev"]],
    [`${collector}.command[2]`, "exec /bin/alloy run /tmp/other.alloy"],
    [`${collector}.command[7]`, "run"],
  ]),
  ...fields("alloy-image", "production", set, [
    [`${collector}.image`, "docker.io/grafana/alloy:v1.18.0"],
    [`${pod}.containers[1]`, containerWith({ image: "docker.io/library/busybox:1.36.1" })],
    [`${pod}.ephemeralContainers`, [containerWith({ image: "docker.io/library/busybox:1.36.1" })]],
  ]),
  written("alloy-known-bugs", 'loki.write "default" {', 'loki.write "default" {\n  wal {\n    enabled = true\n  }'),
  written(
    "alloy-known-bugs",
    'loki.source.kubernetes "pods" {',
    'loki.source.kubernetes "pods" {\n  clustering {\n    enabled = true\n  }',
  ),
  ...fields("alloy-known-bugs", "production", set, [[`${collector}.image`, "docker.io/grafana/alloy:v1.11.3"]]),
  { rule: "alloy-prepare-storage", base: "production", edits: harmless },
  {
    rule: "alloy-prepare-storage",
    base: "production",
    edits: [...harmless, { object: set, field: `${prepare}.env`, set: [{ name: "A", value: "b" }] }],
  },
  ...fields("alloy-prepare-storage", "production", set, [
    [`${prepare}.command[0]`, "/bin/bash"],
    [`${prepare}.securityContext.capabilities.add`, ["CHOWN", "DAC_OVERRIDE"]],
    [`${prepare}.securityContext.runAsGroup`, 0],
    [`${prepare}.volumeMounts[0].mountPath`, "/"],
  ]),
  ...additions("alloy-one-collector", "production", [
    { type: "kubernetes:apps/v1:Deployment", name: "extra", props: goodDeployment },
    { type: "kubernetes:apps/v1:DaemonSet", name: "extra", props: daemonSet },
    { type: "kubernetes:apps/v1:StatefulSet", name: "extra", props: { ...goodDeployment, kind: "StatefulSet" } },
  ]),
  { rule: "alloy-one-collector", base: "staging", remove: [set] },
  ...fields("alloy-pod-monitor", "production", monitor, [
    ['spec.selector.matchLabels["app.kubernetes.io/name"]', "other"],
    ["spec.namespaceSelector", { matchNames: ["other"] }],
    ["spec.podMetricsEndpoints[0].port", "http"],
    ["spec.podMetricsEndpoints"],
  ]),
  { rule: "alloy-pod-monitor", base: "production", remove: [monitor] },
  ...fields("alloy-pod-monitor", "production", set, [[`${collector}.ports[0].name`, "http"]]),
  { rule: "alloy-namespace-protected", base: "production", unprotect: "Namespace/monitoring" },
  ...additions("alloy-namespace-protected", "production", [
    {
      type: "kubernetes:core/v1:NamespaceList",
      name: "extra",
      props: { items: [{ metadata: { name: "monitoring", labels: podSecurity("privileged") } }] },
    },
    {
      type: "kubernetes:core/v1:Namespace",
      name: "again",
      props: {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "monitoring", labels: podSecurity("restricted") },
      },
    },
  ]),
];

function podSecurity(enforce: string): Record<string, string> {
  return {
    "pod-security.kubernetes.io/enforce": enforce,
    "pod-security.kubernetes.io/audit": "restricted",
    "pod-security.kubernetes.io/warn": "restricted",
  };
}
