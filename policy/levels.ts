import type { Environment, Level, Rule } from "./rule";

/**
 * The level of a rule in an environment. Everything is mandatory everywhere, the local sandbox included: it exists to
 * show what will happen elsewhere. A rule that differs says so itself, and a user's policy configuration overrides
 * both (README, "Configuration").
 */
export function levelOf(rule: Rule, environment: Environment): Level {
  return rule.enforcement?.[environment] ?? "mandatory";
}
