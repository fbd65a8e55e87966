import { grantedEqualsNeeded } from "../../../policy/rules/alloy/granted-equals-needed";
import { happyBinding, happyClusterRole, happyConfigMap, happyDaemonSet } from "../happy";
import type { RuleSpec } from "../spec";

const spec = "spec.template.spec";
const collector = `${spec}.containers[0]`;
const pipelinePlace = { namespace: "monitoring", configMap: "alloy-config", key: "config.alloy" };

export const grantedSpecs: RuleSpec[] = [
  {
    rule: grantedEqualsNeeded(pipelinePlace, "alloy"),
    happy: () => [happyClusterRole(), happyBinding(), happyConfigMap(), happyDaemonSet()],
    failures: [
      { field: "rules[0].verbs[0]", set: "create", says: "rules[0] grants create pods" },
      { field: "rules[1]", says: "rules does not grant get pods/log" },
      { field: "rules[2].resources[0]", set: "events", says: "rules[2] grants list events" },
      { field: "rules[2].apiGroups[0]", set: "apps", says: "rules[2] grants list nodes.apps" },
      { field: "rules[0].resourceNames", set: ["one-pod"], says: "rules does not grant list pods" },
      { field: "rules[3]", set: { nonResourceURLs: ["/metrics"], verbs: ["get"] }, says: "rules[3].nonResourceURLs" },
      { field: "rules", says: "rules does not grant watch services" },
      { field: "metadata.name", set: "other", says: 'ClusterRole "alloy" is bound to nobody' },
    ],
    passes: [{ field: "metadata.labels" }],
    unknown: ["rules", "rules[0].verbs", "rules[1].resources[0]", "rules[2].apiGroups[0]"],
  },
  {
    rule: grantedEqualsNeeded(pipelinePlace, "alloy"),
    happy: () => [happyBinding(), happyClusterRole(), happyConfigMap(), happyDaemonSet()],
    failures: [
      { field: "roleRef.name", set: "other", says: 'ClusterRole "alloy" is bound to nobody' },
      { field: "roleRef.kind", set: "Role", says: 'ClusterRole "alloy" is bound to nobody' },
      { field: "roleRef", says: 'ClusterRole "alloy" is bound to nobody' },
    ],
    passes: [{ field: "subjects" }],
    unknown: ["roleRef", "roleRef.name"],
  },
  {
    rule: grantedEqualsNeeded(pipelinePlace, "alloy"),
    happy: () => [happyDaemonSet(), happyClusterRole(), happyBinding(), happyConfigMap()],
    failures: [
      { field: `${collector}.args[1]`, set: "/etc/alloy", says: `${collector}.args does not run` },
      { field: `${collector}.args[1]`, set: "/etc/alloy/other.alloy", says: `${collector}.args does not run` },
      { field: `${collector}.args[0]`, set: "convert", says: `${collector}.args does not run` },
      { field: `${collector}.args`, says: `${collector}.args does not run` },
      { field: `${spec}.volumes[0].configMap.name`, set: "other", says: `${collector}.volumeMounts does not mount` },
      {
        field: `${spec}.volumes[0].configMap.items`,
        set: [{ key: "other", path: "config.alloy" }],
        says: "volumeMounts",
      },
      { field: `${spec}.volumes[0]`, set: { name: "config", emptyDir: {} }, says: `${collector}.volumeMounts` },
      { field: `${collector}.volumeMounts[0].subPath`, set: "other", says: `${collector}.volumeMounts` },
      { field: `${collector}.volumeMounts[0].mountPath`, set: "/etc", says: `${collector}.args does not run` },
      {
        field: `${collector}.volumeMounts[4]`,
        set: { name: "storage", mountPath: "/etc/alloy/config.alloy", subPath: "a" },
        says: `${collector}.volumeMounts`,
      },
      { field: `${collector}.volumeMounts`, says: `${collector}.volumeMounts` },
    ],
    passes: [{ field: `${spec}.initContainers` }, { field: `${collector}.volumeMounts[0].readOnly` }],
    unknown: [`${collector}.args`, `${spec}.volumes`, `${collector}.volumeMounts[0].mountPath`],
  },
];
