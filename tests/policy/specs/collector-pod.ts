import { knownBugsOf } from "../../../policy/rules/alloy/known-bugs";
import { prepareStorageShape } from "../../../policy/rules/alloy/prepare-storage";
import { readsOnlyLogs } from "../../../policy/rules/alloy/read-paths";
import { happyConfigMap, happyDaemonSet, settings } from "../happy";
import type { RuleSpec } from "../spec";
import { withField } from "../support";

const spec = "spec.template.spec";
const collector = `${spec}.containers[0]`;
const prepare = `${spec}.initContainers[0]`;
const security = `${prepare}.securityContext`;
const text = 'data["config.alloy"]';
const pipelinePlace = { namespace: "monitoring", configMap: "alloy-config", key: "config.alloy" };

export const collectorPodSpecs: RuleSpec[] = [
  {
    rule: knownBugsOf("docker.io/grafana/alloy:v1.18.1", "alloy", pipelinePlace),
    happy: happyConfigMap,
    failures: [
      { field: text, set: 'loki.write "a" {\n wal {\n  enabled = true\n }\n}' },
      { field: text, set: 'logging { }\nloki.source.kubernetes "a" {\n clustering {\n  enabled = true\n }\n}' },
    ],
    passes: [
      { field: text },
      { field: text, set: "loki.write {" },
      { field: text, set: 'loki.write "a" {\n wal {\n  enabled = false\n }\n}' },
      { field: "metadata.name", set: "other" },
    ],
    unknown: [text, "data"],
  },
  {
    rule: knownBugsOf("docker.io/grafana/alloy:v1.11.0", "alloy", pipelinePlace),
    happy: happyDaemonSet,
    failures: [
      { field: `${collector}.image`, set: "docker.io/grafana/alloy:v1.11.3" },
      { field: `${collector}.image`, set: "registry.example.com:5000/alloy:1.4" },
      { field: `${collector}.image`, set: "docker.io/grafana/alloy:v0.9.0" },
    ],
    passes: [
      { field: `${collector}.image`, set: "docker.io/grafana/alloy:v1.12.0" },
      { field: `${collector}.image`, set: "docker.io/grafana/alloy:v2.0.0" },
      { field: `${collector}.image`, set: `docker.io/grafana/alloy@sha256:${"a".repeat(64)}` },
      { field: `${collector}.image` },
    ],
    unknown: [`${collector}.image`],
  },
  {
    rule: prepareStorageShape({
      daemonSet: "alloy",
      container: "prepare-storage",
      image: settings.image,
      directory: "/var/lib/alloy",
      group: 473,
    }),
    happy: happyDaemonSet,
    failures: [
      { field: `${prepare}.image`, set: "docker.io/library/busybox:1.36" },
      { field: `${prepare}.command[0]`, set: "/bin/bash", says: `${prepare}.command` },
      { field: `${prepare}.command[4]`, set: "/etc", says: `${prepare}.command` },
      { field: `${prepare}.args`, set: ["x"] },
      { field: `${prepare}.env`, set: [{ name: "A", value: "b" }] },
      { field: `${security}.runAsGroup`, set: 0 },
      { field: `${security}.capabilities.add`, set: ["CHOWN", "DAC_OVERRIDE"], says: `${security}.capabilities` },
      { field: `${security}.privileged`, set: true },
      { field: `${security}.seccompProfile`, set: { type: "Unconfined" } },
      { field: `${prepare}.volumeMounts[0].mountPath`, set: "/", says: `${prepare}.volumeMounts` },
      { field: `${prepare}.volumeMounts[1]`, set: { name: "api-access", mountPath: "/a" }, says: "volumeMounts" },
      { field: `${prepare}.volumeMounts[0].readOnly`, set: false, says: `${prepare}.volumeMounts` },
      { field: `${spec}.volumes[1].hostPath.path`, set: "/etc", says: `${prepare}.volumeMounts[0].name` },
      { field: "metadata.name", set: "other", says: prepare },
    ],
    passes: [
      { field: `${spec}.initContainers` },
      { field: `${security}.privileged` },
      { field: `${prepare}.env`, set: null },
    ],
    unknown: [`${security}.capabilities`, `${prepare}.command`, `${prepare}.env`, `${spec}.volumes`],
  },
  {
    rule: readsOnlyLogs(
      {
        collector: { namespace: "monitoring", daemonSet: "alloy" },
        container: "alloy",
        before: "forget-rotated",
        storage: "/var/lib/alloy",
        paths: ["/var/log/pods"],
        groups: [0],
      },
      pipelinePlace,
    ),
    happy: () =>
      [
        [`${spec}.volumes[4]`, { name: "node-0", hostPath: { path: "/var/log/pods", type: "Directory" } }],
        [`${collector}.volumeMounts[4]`, { name: "node-0", mountPath: "/var/log/pods", readOnly: true }],
        [`${spec}.securityContext.supplementalGroups`, [0]],
      ].reduce((made, [field, value]) => withField(made, String(field), value), happyDaemonSet()),
    failures: [
      { field: `${spec}.volumes[4].hostPath.path`, set: "/var/log" },
      { field: `${spec}.volumes[4].hostPath.type`, set: "DirectoryOrCreate" },
      { field: `${spec}.volumes[4].hostPath.type` },
      { field: `${collector}.volumeMounts[4].readOnly` },
      { field: `${collector}.volumeMounts[4].subPath`, set: "a" },
      { field: `${collector}.volumeMounts[4].subPathExpr`, set: "a" },
      { field: `${collector}.volumeMounts[4].mountPropagation`, set: "HostToContainer" },
      { field: `${spec}.securityContext.supplementalGroups`, set: [0, 4] },
      { field: `${spec}.securityContext.supplementalGroups[0]`, set: 4, says: "supplementalGroups" },
      {
        field: `${prepare}.volumeMounts[1]`,
        set: { name: "node-0", mountPath: "/var/log/pods", readOnly: true },
      },
    ],
    passes: [
      { field: `${spec}.volumes[4]` },
      { field: `${spec}.securityContext.supplementalGroups` },
      { field: "metadata.name", set: "other" },
      { field: `${prepare}.name`, set: "forget-rotated" },
    ],
    unknown: [`${spec}.volumes`, `${collector}.volumeMounts`, `${spec}.securityContext`],
  },
];
