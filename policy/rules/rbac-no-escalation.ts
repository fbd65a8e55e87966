/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks
 */
import { onRoleRules } from "../rbac";
import type { Rule } from "../rule";
import { eachItem, text } from "../values";

const verbs: Record<string, string> = {
  escalate: "lets its holder write roles with more rights than it has",
  bind: "lets its holder bind itself to any role",
  impersonate: "lets its holder act as anybody",
};

const resources: Record<string, string> = {
  "nodes/proxy": "opens the kubelet's API, which runs commands in every pod without admission or audit",
  "pods/exec": "runs commands in other pods",
  "pods/attach": "speaks to processes in other pods",
  "pods/portforward": "opens connections into other pods",
  "pods/proxy": "opens connections into other pods",
  "services/proxy": "opens connections into other pods",
  "pods/ephemeralcontainers": "puts containers into other pods",
  "serviceaccounts/token": "makes tokens of other ServiceAccounts",
  "certificatesigningrequests/approval": "approves certificates for anybody",
};

export const rbacNoEscalation: Rule = {
  name: "rbac-no-escalation",
  description: "No role grants a verb or a subresource by which its holder gets further rights.",
  severity: "critical",
  remediation: "Remove it. There is no way to grant it in part.",
  url: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks",
  checks: [
    onRoleRules((rule, path, report) =>
      eachItem(rule["verbs"], `${path}.verbs`, report, (item, itemPath) => {
        const why = verbs[text(item).toLowerCase()];
        if (why) report.violation(itemPath, why);
      }),
    ),
    onRoleRules((rule, path, report) =>
      eachItem(rule["resources"], `${path}.resources`, report, (item, itemPath) => {
        const why = resources[text(item).toLowerCase()];
        if (why) report.violation(itemPath, why);
      }),
    ),
  ],
};
