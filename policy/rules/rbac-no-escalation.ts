/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks
 */
import { onRoleRules } from "../rbac";
import { consequences, escalatingVerbs, type Consequence } from "../rbac-consequences";
import type { Rule } from "../rule";
import { asArray, eachItem, guarded, text, texts, type Plain } from "../values";

export const rbacNoEscalation: Rule = {
  name: "rbac-no-escalation",
  description: "No role grants what leads its holder to further rights than the role lists.",
  severity: "critical",
  remediation: "Remove it, or name the role in this rule's `except` with the reason.",
  url: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks",
  checks: [
    onRoleRules((rule, path, report) =>
      eachItem(rule["verbs"], `${path}.verbs`, report, (item, itemPath) => {
        const verb = text(item).toLowerCase();
        // `impersonate:user-info` and `impersonate-on:…` of Kubernetes 1.35 are the same, of one kind of user each.
        const plain = /^impersonate\b/.test(verb) ? "impersonate" : verb;
        const why = Object.hasOwn(escalatingVerbs, plain) ? escalatingVerbs[plain] : undefined;
        if (why) report.violation(itemPath, why);
      }),
    ),
    onRoleRules((rule, path, report, role) =>
      eachItem(rule["resources"], `${path}.resources`, report, (item, itemPath) => {
        const resource = text(item).toLowerCase();
        for (const one of consequences) {
          if (one.everywhere === true && !holdsEverywhere(rule, role.kind)) continue;
          if (!one.resources.includes(resource) && !(one.resources.includes("*") && isWhole(resource))) continue;
          guarded(report, () => {
            if (isGranted(rule, one)) report.violation(itemPath, one.why);
          });
        }
      }),
    ),
    // Source: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/, --profiling
    onRoleRules((rule, path, report) =>
      eachItem(rule["nonResourceURLs"], `${path}.nonResourceURLs`, report, (item, itemPath) => {
        if (/^\/(debug|logs)(\/|$)/i.test(text(item)))
          report.violation(itemPath, "reads the API server's own logs or memory, other people's requests among it");
      }),
    ),
  ],
};

// What an operator writes back into its own object makes nothing.
const isWhole = (resource: string): boolean => resource !== "" && !/\/(status|finalizers)$/.test(resource);

// A rule that names its objects is bounded by them; that of a Role, by its namespace. An empty name bounds nothing: it is
// that of a request without one. Source: kubernetes, pkg/apis/rbac/v1/evaluation_helpers.go, ResourceNameMatches
const holdsEverywhere = (rule: Plain, kind: string): boolean =>
  kind === "ClusterRole" && (asArray(rule["resourceNames"]).length === 0 || texts(rule["resourceNames"]).includes(""));

// A rule without a group grants nothing, but who leaves it out means the core group: it is read as if it stood there.
// A wildcard stands for each of them, and is refused as one by rule rbac-no-wildcard.
function isGranted(rule: Plain, { groups, verbs }: Consequence): boolean {
  const granted = texts(rule["verbs"]).map((verb) => verb.toLowerCase());
  const written = texts(rule["apiGroups"]).map((group) => group.toLowerCase());
  const inGroup = written.length === 0 ? groups.includes("") : groups.some((group) => written.includes(group));
  if (!inGroup || granted.includes("*")) return false;
  return verbs.includes("*") ? granted.length > 0 : granted.some((verb) => verbs.includes(verb));
}
