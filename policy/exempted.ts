import type { StackValidationPolicy } from "@pulumi/policy";

/** An exception that was used in this run. */
export interface UsedException {
  rule: string;
  /** `Deployment "controller"`. */
  resource: string;
  urn: string;
  reason: string;
}

/** The exceptions of one run, in the order in which they were used; each once. */
export class UsedExceptions {
  private readonly used = new Map<string, UsedException>();

  add(one: UsedException): void {
    this.used.set(`${one.rule} ${one.urn} ${one.resource}`, one);
  }

  /** All so far; afterwards none, since an `up` runs the pack for its preview and again for the update. */
  take(): UsedException[] {
    const all = [...this.used.values()];
    this.used.clear();
    return all;
  }
}

/**
 * Prints every exception of the run as an advisory: what is let through is read at each run, and not only by whoever
 * wrote it. It has to be the last policy of the pack, since it tells what the others have used.
 */
export function exceptionsPolicy(used: UsedExceptions): StackValidationPolicy {
  return {
    name: "exceptions",
    description: "Every exception that the policy configuration makes is named at each run, with its reason.",
    severity: "low",
    enforcementLevel: "advisory",
    url: "https://www.pulumi.com/docs/insights/policy/policy-packs/configuration/",
    remediationSteps: "Take an exception out as soon as its reason is gone.",
    validateStack: (_, reportViolation) => {
      for (const { rule, resource, urn, reason } of used.take())
        reportViolation(`${resource} is exempt from ${rule}: ${reason}`, urn);
    },
  };
}
