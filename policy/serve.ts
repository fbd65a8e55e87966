import { PolicyPack, type EnforcementLevel } from "@pulumi/policy";

import { toPolicies, type PackContext } from "./adapter";
import { announceLowered } from "./announce";
import { levelOf } from "./levels";
import type { Rule } from "./rule";

/** Starts the server that the engine asks, with these rules: tests import the rules, never this file. */
export function servePack(name: string, rules: readonly Rule[], context: Omit<PackContext, "used">): void {
  const levels = rules.map((rule): [string, EnforcementLevel] => [rule.name, levelOf(rule, context.environment)]);
  announceLowered(new Map(levels));
  new PolicyPack(name, { policies: toPolicies(rules, context), enforcementLevel: "mandatory" });
}
