import { podHostNamespaces } from "../../../policy/rules/pod-host-namespaces";
import { podHostPath } from "../../../policy/rules/pod-host-path";
import { podHostPorts } from "../../../policy/rules/pod-host-ports";
import { podPriorityClass } from "../../../policy/rules/pod-priority-class";
import { podServiceAccount } from "../../../policy/rules/pod-service-account";
import { podTokenAutomount } from "../../../policy/rules/pod-token-automount";
import { podSysctls } from "../../../policy/rules/pod-sysctls";
import { podVolumeTypes } from "../../../policy/rules/pod-volume-types";
import { workloadReadable } from "../../../policy/rules/workload-readable";
import { happyClusterRole, happyDaemonSet, happyPod } from "../happy";
import type { RuleSpec } from "../spec";

const spec = "spec.template.spec";
const walOnly = { stackConfig: { allowed: ["/var/lib/alloy"] } };

export const podSpecs: RuleSpec[] = [
  {
    rule: podServiceAccount,
    happy: happyDaemonSet,
    failures: [
      { field: `${spec}.serviceAccountName` },
      { field: `${spec}.serviceAccountName`, set: "default" },
      { field: `${spec}.serviceAccountName`, set: 7 },
      { field: spec, set: { serviceAccount: "default" }, says: `${spec}.serviceAccountName` },
    ],
    passes: [{ field: spec, set: { serviceAccount: "old-name-of-the-field" } }],
    unknown: [`${spec}.serviceAccountName`, spec],
  },
  {
    rule: podTokenAutomount,
    happy: happyDaemonSet,
    failures: [
      { field: `${spec}.automountServiceAccountToken` },
      { field: `${spec}.automountServiceAccountToken`, set: true },
      { field: `${spec}.automountServiceAccountToken`, set: "false" },
      { field: spec, says: `${spec}.automountServiceAccountToken` },
      { field: `${spec}.automountServiceAccountToken`, set: true, options: { config: { allowed: ["other"] } } },
    ],
    passes: [
      { field: `${spec}.automountServiceAccountToken`, options: { config: { allowed: ["alloy"] } } },
      { field: `${spec}.serviceAccountName` },
    ],
    unknown: [`${spec}.automountServiceAccountToken`, spec],
  },
  {
    rule: podHostNamespaces,
    happy: happyDaemonSet,
    failures: [
      { field: `${spec}.hostNetwork`, set: true },
      { field: `${spec}.hostPID`, set: true },
      { field: `${spec}.hostIPC`, set: true },
      { field: `${spec}.hostPID`, set: "true" },
    ],
    passes: [{ field: `${spec}.hostNetwork`, set: false }, { field: `${spec}.hostPID`, set: null }, { field: spec }],
    unknown: [`${spec}.hostNetwork`, `${spec}.hostPID`, `${spec}.hostIPC`],
  },
  {
    rule: podHostPorts,
    happy: happyDaemonSet,
    failures: [
      { field: `${spec}.containers[0].ports[0].hostPort`, set: 12345 },
      {
        field: `${spec}.containers[0].ports[1]`,
        set: { hostPort: 80 },
        says: `${spec}.containers[0].ports[1].hostPort`,
      },
      { field: `${spec}.containers[0].ports[0].hostPort`, set: "12345" },
    ],
    inContainers: [{ field: "ports", set: [{ containerPort: 80, hostPort: 80 }] }],
    passes: [{ field: `${spec}.containers[0].ports` }, { field: `${spec}.containers[0].ports[0].hostPort`, set: 0 }],
    unknown: [`${spec}.containers[0].ports[0].hostPort`, `${spec}.containers[0].ports`],
  },
  {
    rule: podHostPath,
    happy: happyDaemonSet,
    options: walOnly,
    failures: [
      { field: `${spec}.volumes[1].hostPath.path`, set: "/" },
      { field: `${spec}.volumes[1].hostPath.path`, set: "/var/lib/alloy/../kubelet" },
      { field: `${spec}.volumes[1].hostPath.path`, set: "/var/lib/alloy/" },
      { field: `${spec}.volumes[4]`, set: { hostPath: { path: "/run" } }, says: `${spec}.volumes[4].hostPath.path` },
      { field: `${spec}.volumes[1].hostPath`, set: {}, says: `${spec}.volumes[1].hostPath.path` },
      {
        field: `${spec}.volumes[1].name`,
        set: "storage",
        says: `${spec}.volumes[1].hostPath.path`,
        options: { ...walOnly, config: { allowed: [] } },
      },
    ],
    passes: [
      { field: `${spec}.volumes` },
      { field: `${spec}.volumes[1].hostPath.path`, set: "/srv/a", options: { config: { allowed: ["/srv/a"] } } },
    ],
    unknown: [`${spec}.volumes[1].hostPath.path`, `${spec}.volumes[0]`, `${spec}.volumes`],
  },
  {
    rule: podVolumeTypes,
    happy: happyPod,
    failures: [
      { field: "spec.volumes[0].nfs", set: { server: "a", path: "/" } },
      { field: "spec.volumes[0].awsElasticBlockStore", set: {} },
      { field: "spec.volumes[1]", set: { name: "b", flexVolume: {} }, says: "spec.volumes[1].flexVolume" },
    ],
    passes: [{ field: "spec.volumes" }, { field: "spec.volumes[0].nfs", set: null }],
    unknown: ["spec.volumes[0].nfs", "spec.volumes"],
  },
  {
    rule: podSysctls,
    happy: happyPod,
    failures: [
      { field: "spec.securityContext.sysctls", set: [{ name: "kernel.msgmax" }], says: "sysctls[0].name" },
      { field: "spec.securityContext.sysctls", set: [{}], says: "sysctls[0].name" },
      {
        field: "spec.securityContext.sysctls",
        set: [{ name: "net.ipv4.tcp_syncookies" }, { name: "vm.swappiness" }],
        says: "sysctls[1].name",
      },
    ],
    passes: [
      { field: "spec.securityContext" },
      { field: "spec.securityContext.sysctls", set: [{ name: "net.ipv4.tcp_syncookies", value: "1" }] },
    ],
    unknown: ["spec.securityContext", "spec.securityContext.sysctls"],
  },
  {
    rule: podPriorityClass,
    happy: happyDaemonSet,
    options: { stackConfig: { allowed: ["system-node-critical"] } },
    failures: [
      { field: `${spec}.priorityClassName`, set: "system-cluster-critical" },
      { field: `${spec}.priorityClassName`, set: "system-node-critical", options: { config: { allowed: [] } } },
      { field: `${spec}.priorityClassName`, set: "system-node-critical-2" },
    ],
    passes: [{ field: `${spec}.priorityClassName` }, { field: `${spec}.priorityClassName`, set: "batch" }],
    unknown: [`${spec}.priorityClassName`],
  },
  {
    rule: workloadReadable,
    happy: happyDaemonSet,
    failures: [
      { field: `${spec}.containers` },
      { field: `${spec}.containers`, set: [] },
      { field: `${spec}.containers[0]`, set: "alloy" },
      { field: `${spec}.initContainers`, set: { 0: {} } },
      { field: `${spec}.initContainers[0]`, set: null },
      { field: `${spec}.volumes`, set: "all" },
      { field: `${spec}.containers[0].env`, set: { PASSWORD: "a" } },
      { field: `${spec}.containers[0].ports`, set: 80 },
      { field: `${spec}.securityContext`, set: "root" },
      { field: "spec", says: `${spec}.containers` },
    ],
    passes: [{ field: `${spec}.initContainers` }, { field: `${spec}.volumes`, set: null }],
    unknown: [`${spec}.containers`, `${spec}.initContainers`, `${spec}.volumes[0]`, `${spec}.containers[0].env`],
  },
  {
    rule: workloadReadable,
    happy: happyClusterRole,
    failures: [
      { field: "rules", set: "all" },
      { field: "rules[0].verbs", set: "*" },
      { field: "rules[1].resources", set: { 0: "secrets" } },
      { field: "rules[2].apiGroups[0]", set: ["*"] },
    ],
    passes: [{ field: "rules[0].resourceNames" }, { field: "rules[0].verbs", set: null }],
    unknown: ["rules[0].verbs", "rules[1].resources[0]"],
  },
];
