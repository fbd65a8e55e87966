import { PolicyPack } from "@pulumi/policy";

import { toPolicy } from "./adapter";
import { genericRules } from "./rules";

// What `npx alloyctl policy-bundle` makes one file of: the rules for any stack, without what knows this program's settings.
const context = { environment: "other", stackConfig: {}, unknown: "report" } as const;

// Constructing it starts the server that the engine asks.
new PolicyPack("kubernetes-least-privilege", {
  policies: genericRules.map((rule) => toPolicy(rule, context)),
  enforcementLevel: "mandatory",
});
