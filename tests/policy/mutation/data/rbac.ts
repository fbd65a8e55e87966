import type { Mutation } from "../mutation";
import { additions, collector, fields, pod } from "./fields";

const role = "ClusterRole/alloy";
const binding = "ClusterRoleBinding/alloy";
const rbac = "kubernetes:rbac.authorization.k8s.io/v1";

const roleWith = (rules: unknown[]): Record<string, unknown> => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "Role",
  metadata: { name: "extra", namespace: "monitoring" },
  rules,
});

export const rbacMutations: Mutation[] = [
  ...fields("rbac-no-wildcard", "foreign", role, [
    ["rules[0].verbs[0]", "*"],
    ["rules[0].resources[0]", "*"],
    ["rules[1].apiGroups[0]", "*"],
    ["rules[1].resources[0]", "pods/*"],
    ["rules[0].resourceNames", ["*"]],
    ["rules[7]", { nonResourceURLs: ["/metrics/*"], verbs: ["get"] }],
  ]),
  ...additions("rbac-no-wildcard", "foreign", [
    {
      type: `${rbac}:Role`,
      name: "extra",
      props: roleWith([{ apiGroups: ["apps"], resources: ["daemonsets"], verbs: ["*"] }]),
    },
  ]),
  ...fields("rbac-no-secrets", "foreign", role, [
    ["rules[0].resources[0]", "secrets"],
    ["rules[1].resources", ["configmaps", "secrets"]],
    [
      "rules[7]",
      { apiGroups: [""], resources: ["secrets"], resourceNames: ["alloy-credentials"], verbs: ["get", "list"] },
    ],
  ]),
  ...additions("rbac-no-secrets", "foreign", [
    {
      type: `${rbac}:Role`,
      name: "extra",
      props: roleWith([{ apiGroups: [""], resources: ["secrets"], verbs: ["get"] }]),
    },
  ]),
  ...fields("rbac-no-escalation", "foreign", role, [
    ["rules[0].verbs[0]", "escalate"],
    ["rules[1].verbs", ["bind"]],
    ["rules[0].resources[0]", "nodes/proxy"],
    ["rules[7]", { apiGroups: [""], resources: ["serviceaccounts"], verbs: ["impersonate"] }],
    ["rules[8]", { apiGroups: [""], resources: ["pods/exec"], verbs: ["create"] }],
    ["rules[9]", { apiGroups: [""], resources: ["serviceaccounts/token"], verbs: ["create"] }],
    ["rules[10]", { apiGroups: [""], resources: ["serviceaccounts"], verbs: ["create"] }],
  ]),
  ...fields("rbac-no-aggregation", "foreign", role, [
    ["aggregationRule", { clusterRoleSelectors: [{ matchLabels: { team: "any" } }] }],
    ['metadata.labels["rbac.authorization.k8s.io/aggregate-to-view"]', "true"],
    ['metadata.labels["rbac.authorization.k8s.io/aggregate-to-admin"]', "true"],
  ]),
  ...fields("rbac-binding", "foreign", binding, [
    ["roleRef.name", "cluster-admin"],
    ["roleRef.name", "system:node"],
    ["subjects[0].name", "default"],
    ["subjects[0].namespace"],
    ["subjects[1]", { kind: "Group", name: "system:authenticated", apiGroup: "rbac.authorization.k8s.io" }],
    ["subjects[2]", { kind: "User", name: "somebody", apiGroup: "rbac.authorization.k8s.io" }],
    ["subjects"],
  ]),
  ...fields("alloy-granted-equals-needed", "production", role, [
    ["rules[0].verbs[7]", "create"],
    ["rules[1].resources[7]", "pods/status"],
    ["rules[0].apiGroups[7]", "apps"],
    ["rules[0].verbs", ["list"]],
    ["rules[0].resourceNames", ["one-pod"]],
    ["rules[7]", { apiGroups: [""], resources: ["configmaps"], verbs: ["get"] }],
    ["rules[8]", { nonResourceURLs: ["/metrics"], verbs: ["get"] }],
    ["rules"],
  ]),
  ...fields("alloy-granted-equals-needed", "local", "ConfigMap/alloy-config", [
    ['data["config.alloy"]', 'loki.source.kubernetes_events "all" { }'],
    ['data["config.alloy"]', 'discovery.kubernetes "pods" { role = sys.env("ROLE") }'],
    ['data["config.alloy"]', "logging {"],
  ]),
  { rule: "alloy-granted-equals-needed", base: "staging", remove: ["ConfigMap/alloy-config"] },
  { rule: "alloy-granted-equals-needed", base: "staging", remove: [role] },
  { rule: "alloy-granted-equals-needed", base: "staging", remove: [binding] },
  ...fields("alloy-granted-equals-needed", "production", "DaemonSet/alloy", [
    [`${collector}.args[1]`, "/etc/alloy"],
    [`${pod}.volumes[0].configMap.name`, "other"],
    [`${collector}.volumeMounts[0].subPath`, "other"],
  ]),
  ...fields("alloy-binding", "production", binding, [
    ["roleRef.name", "view"],
    ["subjects[0].name", "other"],
    ["subjects[0].namespace", "other"],
    ["subjects[1]", { kind: "ServiceAccount", name: "other", namespace: "other" }],
  ]),
  ...fields("alloy-binding", "production", "DaemonSet/alloy", [[`${pod}.serviceAccountName`, "prometheus"]]),
  ...additions("alloy-binding", "staging", [{ type: `${rbac}:Role`, name: "extra", props: roleWith([]) }]),
];
