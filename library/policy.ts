import type { PolicyPackArgs } from "@pulumi/policy";

import { prepare, type Prepared } from "../components/prepare";
import { orRunError } from "../errors/run-error";
import { UserError } from "../kit/user-error";
import { toPolicies } from "../policy/adapter";
import { isStackRule, type Resource, type ResourceCheck, type Rule } from "../policy/rule";
import { genericRules } from "../policy/rules";
import { alloyRuleConfig, collectorRules as rulesOf } from "../policy/rules/alloy";
import { argumentPlace } from "../settings/argument-place";
import { checkArguments, type AlloyArgs } from "../settings/arguments";

export type { AlloyArgs } from "../settings/arguments";

/** What a PolicyPack takes. */
export type Policies = PolicyPackArgs["policies"];

/** The collectors of the stack that a pack checks. */
export interface Collectors {
  /** What the program gives to `new Alloy(…)`: write it in a file of its own, and import it in both. */
  args: AlloyArgs;
  /** The folder that the program runs in, where paths in `args` start. Default: the one that the pack runs in. */
  folder?: string;
}

/** The rules for any stack on Kubernetes, for a PolicyPack of your own. */
export function kubernetesRules(): Policies {
  return toPolicies(genericRules, { environment: "other", stackConfig: {}, unknown: "report" });
}

/**
 * The rules for a stack with `new Alloy(…)`: those of {@link kubernetesRules}, which allow what these collectors need, and
 * those that know what collectors look like. The latter look at what the component has made. Other resources of the stack
 * are looked at as in any stack.
 *
 * @throws pulumi.RunError with all that is wrong in the arguments
 */
export function collectorRules(collectors: Collectors): Policies {
  const { settings, pipeline } = prepared(collectors);
  const config = alloyRuleConfig(settings, pipeline.needs);
  return toPolicies([...genericRules, ...rulesOf(settings, pipeline).map(ofComponent)], {
    environment: settings.environment,
    // In a program of somebody else the provider names the cluster, and no setting does.
    stackConfig: { ...config, "provider-explicit": {} },
    // What other resources of the stack are made of may not be known before `up`.
    unknown: "report",
  });
}

/** The rule, looking at the children of `new Alloy(…)` alone: in our own stacks it takes every workload for a collector. */
function ofComponent(rule: Rule): Rule {
  // A URN has the types of all parents in it.
  const isChild = ({ urn }: Resource): boolean => urn.includes("detectviz:alloy:Alloy$");
  if (isStackRule(rule))
    return { ...rule, stackCheck: (resources, ...rest) => rule.stackCheck(resources.filter(isChild), ...rest) };
  return {
    ...rule,
    checks: rule.checks.map((check): ResourceCheck => (resource, ...rest) => {
      if (isChild(resource)) check(resource, ...rest);
    }),
  };
}

function prepared({ args, folder = process.cwd() }: Collectors): Prepared {
  const place = argumentPlace();
  return orRunError(place, () => {
    const { settings, problems } = checkArguments(args, place);
    if (settings === undefined) throw new UserError(problems);
    return prepare(settings, place, folder);
  });
}
