import { acknowledgingCommand } from "../../../components/pod/acknowledged/command";
import { collectorArguments } from "../../../policy/rules/alloy/arguments";
import { collectorBinding } from "../../../policy/rules/alloy/binding";
import { collectorImage } from "../../../policy/rules/alloy/image";
import { collectorMounts } from "../../../policy/rules/alloy/mounts";
import { oneCollector } from "../../../policy/rules/alloy/one-collector";
import { collectorToken } from "../../../policy/rules/alloy/token";
import {
  happyBinding,
  happyClusterRole,
  happyConfigMap,
  happyDaemonSet,
  happySecret,
  happyServiceAccount,
  needs,
  settings,
} from "../happy";
import type { RuleSpec } from "../spec";

const spec = "spec.template.spec";
const collector = `${spec}.containers[0]`;
const prepare = `${spec}.initContainers[0]`;
const started = acknowledgingCommand("/var/lib/alloy", { sources: ["loki.source.kubernetes.pods"], heldSeconds: 0 });
const place = { namespace: "monitoring", daemonSet: "alloy" };

export const alloySpecs: RuleSpec[] = [
  {
    rule: collectorBinding({ namespace: "monitoring", serviceAccount: "alloy", clusterRole: "alloy" }),
    happy: happyBinding,
    failures: [
      { field: "roleRef.name", set: "other", says: "roleRef" },
      { field: "roleRef.kind", set: "Role", says: "roleRef" },
      { field: "subjects[0].name", set: "other", says: "subjects[0]" },
      { field: "subjects[0].namespace", set: "other", says: "subjects[0]" },
      { field: "subjects[1]", set: { kind: "ServiceAccount", name: "other", namespace: "other" } },
      { field: "subjects" },
    ],
    passes: [{ field: "metadata" }],
    unknown: ["roleRef", "subjects", "subjects[0].name"],
  },
  {
    rule: collectorBinding({ namespace: "monitoring", serviceAccount: "alloy", clusterRole: "alloy" }),
    happy: happyDaemonSet,
    failures: [
      { field: `${spec}.serviceAccountName`, set: "prometheus" },
      { field: `${spec}.serviceAccountName` },
      { field: `${spec}.serviceAccountName`, set: 7 },
    ],
    passes: [{ field: `${spec}.automountServiceAccountToken` }],
    unknown: [`${spec}.serviceAccountName`, spec],
  },
  {
    rule: collectorBinding({ namespace: "monitoring", serviceAccount: "alloy", clusterRole: "alloy" }),
    happy: happyClusterRole,
    failures: [
      { field: "metadata.name", set: "second" },
      { field: "metadata.name" },
      { field: "metadata", says: "metadata.name" },
    ],
    unknown: ["metadata.name"],
  },
  {
    rule: collectorToken("alloy"),
    happy: happyDaemonSet,
    failures: [
      { field: `${spec}.automountServiceAccountToken` },
      { field: `${spec}.automountServiceAccountToken`, set: true },
      {
        field: `${prepare}.volumeMounts[1]`,
        set: { name: "api-access", mountPath: "/token" },
        says: `${prepare}.volumeMounts[1]`,
      },
      {
        field: `${spec}.containers[1]`,
        set: { name: "other", volumeMounts: [{ name: "api-access" }] },
        says: `${spec}.containers[1].volumeMounts[0]`,
      },
      { field: `${spec}.volumes[3].projected.sources[0].serviceAccountToken.expirationSeconds`, set: 86400 },
      { field: `${spec}.volumes[3].projected.sources[0].serviceAccountToken.expirationSeconds`, set: "86400" },
    ],
    passes: [
      { field: `${spec}.volumes[3].projected.sources[0].serviceAccountToken.expirationSeconds` },
      { field: `${spec}.volumes` },
      { field: `${prepare}.volumeMounts` },
    ],
    unknown: [
      `${spec}.automountServiceAccountToken`,
      `${spec}.volumes[3].projected.sources`,
      `${prepare}.volumeMounts[0].name`,
    ],
  },
  {
    rule: collectorToken("alloy"),
    happy: happyServiceAccount,
    failures: [
      { field: "automountServiceAccountToken" },
      { field: "automountServiceAccountToken", set: true },
      { field: "automountServiceAccountToken", set: "false" },
    ],
    unknown: ["automountServiceAccountToken"],
  },
  {
    rule: collectorToken("alloy"),
    happy: happySecret,
    failures: [{ field: "type", set: "kubernetes.io/service-account-token" }],
    passes: [{ field: "type", set: "Opaque" }, { field: "stringData" }],
    unknown: ["type"],
  },
  {
    rule: collectorMounts({ secretName: "alloy-credentials", files: needs.files, container: "alloy" }),
    happy: happyDaemonSet,
    failures: [
      { field: `${spec}.volumes[2].secret.secretName`, set: "other" },
      { field: `${spec}.volumes[2].secret.items` },
      { field: `${spec}.volumes[2].secret.items[0].key`, set: "admin.json" },
      { field: `${spec}.volumes[4]`, set: { secret: { secretName: "other" } }, says: `${spec}.volumes[4].secret` },
      {
        field: `${spec}.volumes[3].projected.sources[3]`,
        set: { secret: { name: "other" } },
        says: `${spec}.volumes[3].projected.sources[3].secret`,
      },
      {
        field: `${spec}.volumes[4]`,
        set: { csi: { driver: "secrets-store.csi.k8s.io" } },
        says: `${spec}.volumes[4].csi`,
      },
      { field: `${prepare}.volumeMounts[1]`, set: { name: "credentials", mountPath: "/a" } },
      {
        field: `${collector}.env[0]`,
        set: { name: "A", valueFrom: { secretKeyRef: { name: "a", key: "b" } } },
        says: `${collector}.env[0].valueFrom.secretKeyRef`,
      },
      { field: `${collector}.envFrom`, set: [{ secretRef: { name: "a" } }], says: `${collector}.envFrom[0]` },
    ],
    passes: [
      { field: `${spec}.volumes[2]`, set: { name: "credentials", emptyDir: {} } },
      { field: `${collector}.env` },
    ],
    unknown: [
      `${spec}.volumes[2].secret.secretName`,
      `${spec}.volumes[2].secret.items`,
      `${collector}.env[0].valueFrom`,
    ],
  },
  {
    rule: collectorMounts({ secretName: "alloy-credentials", files: [], container: "alloy" }),
    happy: () => {
      const daemonSet = happyDaemonSet();
      const pod = (daemonSet.props["spec"] as { template: { spec: { volumes: unknown[] } } }).template.spec;
      pod.volumes.splice(2, 1);
      return daemonSet;
    },
    failures: [
      { field: `${spec}.volumes[0].secret`, set: { secretName: "alloy-credentials" } },
      { field: `${spec}.volumes[1].secret`, set: {} },
      { field: `${spec}.volumes[3]`, set: { secret: { secretName: "a" } }, says: `${spec}.volumes[3].secret` },
    ],
    unknown: [`${spec}.volumes[0].secret`],
  },
  {
    rule: collectorArguments("alloy", "generally-available"),
    happy: happyDaemonSet,
    failures: [
      { field: `${collector}.args[5]`, set: "", says: "--disable-reporting" },
      {
        field: `${collector}.args[6]`,
        set: "--server.http.enable-pprof=true",
        says: "--server.http.enable-pprof=false",
      },
      {
        field: `${collector}.args[7]`,
        set: "--server.http.disable-support-bundle=false",
        says: "disable-support-bundle",
      },
      { field: `${collector}.args[4]`, set: "--stability.level=experimental", says: "--stability.level" },
      { field: `${collector}.args[8]`, set: "--disable-reporting=false", says: "--disable-reporting once" },
      { field: `${collector}.args`, says: `${collector}.args` },
      { field: `${collector}.command`, set: ["/bin/sh"] },
      { field: `${collector}.command`, set: started.with(0, "/bin/sh") },
      { field: `${collector}.command`, set: started.with(1, "-lc") },
      { field: `${collector}.command`, set: started.with(2, "exec /bin/alloy run /tmp/other.alloy") },
      { field: `${collector}.command`, set: started.with(3, "other") },
      { field: `${collector}.command`, set: started.with(4, "elsewhere") },
      { field: `${collector}.command`, set: started.with(5, "0; true") },
      { field: `${collector}.command`, set: started.with(6, "../wal") },
      { field: `${collector}.command`, set: started.slice(0, -1) },
      // What stands behind it would come in front of the arguments.
      { field: `${collector}.command`, set: [...started, "run", "/tmp/other.alloy"] },
      { field: `${collector}.command`, set: [...started, "run", "/tmp/other.alloy", "--"] },
    ],
    passes: [
      { field: `${collector}.args[5]`, set: "--disable-reporting=true" },
      { field: `${collector}.command`, set: started },
      { field: `${collector}.command` },
      { field: prepare, set: {} },
    ],
    unknown: [`${collector}.args`, `${collector}.args[5]`, `${collector}.command`],
  },
  {
    rule: collectorImage(settings.image),
    happy: happyDaemonSet,
    failures: [
      { field: `${collector}.image`, set: "docker.io/grafana/alloy:v1.18.0" },
      { field: `${prepare}.image`, set: "docker.io/library/busybox:1.36" },
      { field: `${collector}.image` },
    ],
    passes: [{ field: `${spec}.initContainers` }],
    unknown: [`${collector}.image`, `${prepare}.image`],
  },
  {
    rule: oneCollector(place),
    happy: () => [happyDaemonSet(), happyConfigMap()],
    failures: [
      { field: "metadata.name", set: "other", says: 'DaemonSet "alloy" runs pods beside the collector' },
      { field: "metadata.namespace", set: "other", says: "The stack has no DaemonSet of the collector" },
      { field: "metadata", says: "The stack has no DaemonSet" },
    ],
    passes: [{ field: "spec" }],
    unknown: ["metadata.name", "metadata.namespace"],
  },
];
