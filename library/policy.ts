import type { PolicyPackArgs } from "@pulumi/policy";

import { prepare, type Prepared } from "../components/prepare";
import { orRunError } from "../errors/run-error";
import { UserError } from "../kit/user-error";
import { toPolicy, type PackContext } from "../policy/adapter";
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

/**
 * The rules for any stack on Kubernetes, for a PolicyPack of your own.
 *
 * @param collectors for a stack with `new Alloy(…)`: what these collectors need is allowed to them, and to nobody else
 * @throws pulumi.RunError with all that is wrong in the arguments
 */
export function kubernetesRules(collectors?: Collectors): Policies {
  const context = collectors === undefined ? anyStack : contextOf(prepared(collectors));
  return genericRules.map((rule) => toPolicy(rule, context));
}

/**
 * The rules that know what collectors look like: what is granted is what the pipeline needs, and nothing else mounts
 * the credentials. Together with {@link kubernetesRules} of the same collectors they are what our own stacks keep.
 *
 * @throws pulumi.RunError with all that is wrong in the arguments
 */
export function collectorRules(collectors: Collectors): Policies {
  const found = prepared(collectors);
  return rulesOf(found.settings, found.pipeline).map((rule) => toPolicy(rule, contextOf(found)));
}

const anyStack: PackContext = { environment: "other", stackConfig: {}, unknown: "report" };

function contextOf({ settings, pipeline }: Prepared): PackContext {
  return {
    environment: settings.environment,
    stackConfig: alloyRuleConfig(settings, pipeline.needs),
    // A stack of somebody else holds other resources too, and what they are made of may not be known before `up`.
    unknown: "report",
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
