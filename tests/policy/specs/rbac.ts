import { rbacBinding } from "../../../policy/rules/rbac-binding";
import { rbacNoAggregation } from "../../../policy/rules/rbac-no-aggregation";
import { rbacNoEscalation } from "../../../policy/rules/rbac-no-escalation";
import { rbacNoSecrets } from "../../../policy/rules/rbac-no-secrets";
import { rbacNoWildcard } from "../../../policy/rules/rbac-no-wildcard";
import { happyBinding, happyClusterRole } from "../happy";
import type { RuleSpec } from "../spec";

export const rbacSpecs: RuleSpec[] = [
  {
    rule: rbacNoWildcard,
    happy: happyClusterRole,
    failures: [
      { field: "rules[0].apiGroups[0]", set: "*" },
      { field: "rules[0].resources[0]", set: "*" },
      { field: "rules[1].resources[0]", set: "pods/*" },
      { field: "rules[2].verbs[1]", set: "*" },
      { field: "rules[0].nonResourceURLs", set: ["/healthz/*"], says: "rules[0].nonResourceURLs[0]" },
      { field: "rules[0].resourceNames", set: ["*"], says: "rules[0].resourceNames[0]" },
    ],
    passes: [{ field: "rules" }, { field: "rules[0].verbs" }],
    unknown: ["rules[0].verbs[0]", "rules[1].apiGroups[0]", "rules[2].resources[1]", "rules"],
  },
  {
    rule: rbacNoSecrets,
    happy: happyClusterRole,
    failures: [
      { field: "rules[0].resources[0]", set: "secrets" },
      { field: "rules[2].resources[1]", set: "secrets" },
      { field: "rules[1].resources[0]", set: "secrets/status" },
      {
        field: "rules[3]",
        set: { apiGroups: [""], resources: ["Secrets"], verbs: ["get"] },
        says: "rules[3].resources[0]",
      },
    ],
    passes: [{ field: "rules" }, { field: "rules[0].resources[0]", set: "secretstores" }],
    unknown: ["rules[0].resources[0]", "rules[1].resources", "rules[2]"],
  },
  {
    rule: rbacNoEscalation,
    happy: happyClusterRole,
    failures: [
      { field: "rules[0].verbs[0]", set: "escalate" },
      { field: "rules[0].verbs[2]", set: "bind" },
      { field: "rules[2].verbs[0]", set: "impersonate" },
      { field: "rules[2].resources[0]", set: "nodes/proxy" },
      { field: "rules[1].resources[0]", set: "pods/exec" },
      { field: "rules[0].resources[0]", set: "serviceaccounts/token" },
      ...["create", "update", "patch"].map((verb) => ({
        field: "rules[3]",
        set: { apiGroups: [""], resources: ["serviceaccounts"], verbs: ["get", verb] },
        says: "rules[3].resources[0] makes ServiceAccounts under names that bindings, Vault or a cloud trust",
      })),
    ],
    passes: [
      { field: "rules" },
      { field: "rules[0].verbs" },
      { field: "rules[3]", set: { apiGroups: [""], resources: ["serviceaccounts"], verbs: ["get", "list", "watch"] } },
    ],
    unknown: ["rules[0].verbs[1]", "rules[2].resources[0]"],
  },
  {
    rule: rbacNoAggregation,
    happy: happyClusterRole,
    failures: [
      { field: "aggregationRule", set: { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] } },
      { field: "aggregationRule", set: {} },
      { field: 'metadata.labels["rbac.authorization.k8s.io/aggregate-to-admin"]', set: "true" },
      { field: 'metadata.labels["rbac.authorization.k8s.io/aggregate-to-view"]', set: "true" },
    ],
    passes: [{ field: "metadata" }, { field: "metadata.labels" }, { field: "aggregationRule", set: null }],
    unknown: ["aggregationRule", "metadata.labels"],
  },
  {
    rule: rbacBinding,
    happy: happyBinding,
    failures: [
      { field: "roleRef.name", set: "cluster-admin" },
      { field: "roleRef.name", set: "system:node" },
      { field: "roleRef", says: "roleRef.name" },
      { field: "subjects[0].kind", set: "Group" },
      { field: "subjects[0].kind", set: "User" },
      { field: "subjects[0].name", set: "default" },
      { field: "subjects[0].namespace" },
      {
        field: "subjects[1]",
        set: { kind: "ServiceAccount", name: "default", namespace: "a" },
        says: "subjects[1].name",
      },
      { field: "subjects" },
    ],
    passes: [{ field: "metadata" }, { field: "roleRef.kind", set: "Role" }],
    unknown: ["roleRef.name", "subjects[0].kind", "subjects[0].name", "subjects"],
  },
];
