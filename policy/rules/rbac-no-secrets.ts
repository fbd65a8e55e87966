/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets
 */
import { onRoleRules } from "../rbac";
import type { Rule } from "../rule";
import { eachItem, text } from "../values";

export const rbacNoSecrets: Rule = {
  name: "rbac-no-secrets",
  description: "No role of this stack reads or writes Secrets through the API.",
  severity: "critical",
  remediation: "Mount the one Secret that is needed as files: list and watch show every Secret's content.",
  url: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets",
  checks: [
    onRoleRules((rule, path, report) =>
      eachItem(rule["resources"], `${path}.resources`, report, (item, itemPath) => {
        if (/^secrets(\/|$)/i.test(text(item))) report.violation(itemPath, "grants access to Secrets");
      }),
    ),
  ],
};
