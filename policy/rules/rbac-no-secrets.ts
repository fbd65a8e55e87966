/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets
 */
import { onRoleRules } from "../rbac";
import type { Rule } from "../rule";
import { asArray, eachItem, guarded, text, texts, type Plain } from "../values";

export const rbacNoSecrets: Rule = {
  name: "rbac-no-secrets",
  description: "No role of this stack reads or writes Secrets through the API, but for `get` of one that it names.",
  severity: "critical",
  remediation: "Mount the one Secret that is needed as files: list and watch show every Secret's content.",
  url: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets",
  checks: [
    onRoleRules((rule, path, report) =>
      eachItem(rule["resources"], `${path}.resources`, report, (item, itemPath) => {
        if (!/^secrets(\/|$)/i.test(text(item))) return;
        guarded(report, () => {
          if (!isOneRead(rule)) report.violation(itemPath, "grants access to Secrets");
        });
      }),
    ),
  ],
};

// A name holds for `get`; a list with the name as its field selector shows that one Secret too, but so written no reader
// of the role sees what it is for. Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources
function isOneRead(rule: Plain): boolean {
  const names = texts(rule["resourceNames"]);
  const verbs = texts(rule["verbs"]);
  const namesAll = names.length > 0 && names.length === asArray(rule["resourceNames"]).length;
  return namesAll && !names.some((name) => name === "" || name.includes("*")) && verbs.join() === "get";
}
