/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
 */
import { onRoleRules } from "../rbac";
import type { Rule } from "../rule";
import { eachItem, text } from "../values";

const fields = ["apiGroups", "resources", "verbs", "nonResourceURLs", "resourceNames"];

export const rbacNoWildcard: Rule = {
  name: "rbac-no-wildcard",
  description: "A role names each API group, resource and verb that it grants.",
  severity: "critical",
  remediation: "List what is used: a wildcard also grants what is added to the cluster later.",
  url: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
  checks: fields.map((field) =>
    onRoleRules((rule, path, report) =>
      eachItem(rule[field], `${path}.${field}`, report, (item, itemPath) => {
        if (text(item).includes("*")) report.violation(itemPath, "holds the wildcard *");
      }),
    ),
  ),
};
