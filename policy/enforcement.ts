import { composePipeline } from "../pipeline/compose";
import { UserError } from "../kit/user-error";
import { parseSettings } from "../settings/parse-settings";
import type { PackContext } from "./adapter";
import type { Rule, StackRule } from "./rule";
import { genericRules } from "./rules";
import { alloyRuleConfig, alloyRules } from "./rules/alloy";

/** What the pack enforces for one stack. */
export interface StackPolicies {
  rules: Rule[];
  context: PackContext;
}

/**
 * The rules for the stack with this config: those about collectors are on where it has `alloy:` keys.
 *
 * @param config what `pulumi.runtime.allConfig()` gives. A pack is not told which keys are encrypted; the program is,
 *   and refuses them.
 */
export function policiesFor(config: Readonly<Record<string, string>>): StackPolicies {
  if (!Object.keys(config).some((key) => key.startsWith("alloy:")))
    return { rules: [...genericRules], context: { environment: "other", stackConfig: {}, unknown: "report" } };
  try {
    const settings = parseSettings(config, "stack config");
    const pipeline = composePipeline(settings);
    return {
      rules: [...genericRules, ...alloyRules(settings, pipeline)],
      // The program keeps what decides in plain values: an unknown one in its place is a mistake.
      context: {
        environment: settings.environment,
        stackConfig: alloyRuleConfig(settings, pipeline.needs),
        unknown: "refuse",
      },
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return {
      rules: [...genericRules, unreadable(error)],
      context: { environment: "production", stackConfig: {}, unknown: "refuse" },
    };
  }
}

// The program reads the same settings and says the same, better placed, before this rule is asked. Only a stack that
// has `alloy:` keys but another program gets as far as this: without it, that one would pass unchecked.
function unreadable(error: UserError): StackRule {
  return {
    name: "alloy-settings",
    description: "The stack's `alloy:` settings can be read, so that the rules about collectors can be switched on.",
    severity: "critical",
    remediation: "Mend the settings.",
    url: "https://www.pulumi.com/docs/iac/concepts/config/",
    stackCheck: (_, reportOn) => {
      for (const { key, problem, remedy } of error.problems) reportOn(undefined).violation(key, problem, remedy);
    },
  };
}
