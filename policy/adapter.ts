import type { PolicyConfigSchema, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";

import { exceptProperty, exemptionOf } from "./except";
import { exceptionsPolicy, UsedExceptions } from "./exempted";
import { parseToken } from "./kubernetes";
import { levelOf } from "./levels";
import { isStackRule, type Environment, type Report, type Resource, type Rule, type RuleConfig } from "./rule";
import { guarded } from "./values";

/** What the pack knows about the stack it is started for. */
export interface PackContext {
  environment: Environment;
  /** Configuration that the stack's own settings imply, rule by rule; the user's file still overrides it. */
  stackConfig: Readonly<Record<string, RuleConfig>>;
  /** What a rule about one resource does at preview with a value that is not known yet: README, "Unknown values". */
  unknown: "refuse" | "report";
  /** Where the exceptions that are used are written down; nowhere in a test of one rule. */
  used?: UsedExceptions;
}

/** The rules of one pack as the policy SDK wants them, and last the policy that names the exceptions in use. */
export function toPolicies(
  rules: readonly Rule[],
  context: Omit<PackContext, "used">,
): (ResourceValidationPolicy | StackValidationPolicy)[] {
  const used = new UsedExceptions();
  return [...rules.map((rule) => toPolicy(rule, { ...context, used })), exceptionsPolicy(used)];
}

/** A rule as the policy SDK wants it. */
export function toPolicy(rule: Rule, context: PackContext): ResourceValidationPolicy | StackValidationPolicy {
  const facts = {
    name: rule.name,
    description: rule.description,
    severity: rule.severity,
    remediationSteps: rule.remediation,
    url: rule.url,
    enforcementLevel: levelOf(rule, context.environment),
    configSchema: withCommon(rule.configSchema),
  };
  const isExempt = (resource: Resource, config: RuleConfig, path: string): boolean => {
    const exempt = exemptionOf(resource, config, path);
    if (exempt === undefined) return false;
    context.used?.add({
      rule: rule.name,
      resource: exempt.item === undefined ? nameResource(resource) : nameItem(exempt.item, resource),
      urn: resource.urn,
      reason: exempt.reason,
    });
    return true;
  };
  const own: RuleConfig = { ...rule.defaults, ...context.stackConfig[rule.name] };
  // Asked for each resource, and mostly there is no file.
  const settle = (config: RuleConfig): RuleConfig => (Object.keys(config).length === 0 ? own : { ...own, ...config });
  if (isStackRule(rule)) {
    return {
      ...facts,
      validateStack: (args, reportViolation) => {
        // By the time that a stack is checked in an update everything has been created: what is unknown at preview
        // has to be refused there.
        const config = settle(args.getConfig());
        const reportOn = (resource: Resource | undefined): Report => ({
          violation: (...finding) => {
            if (resource === undefined || !isExempt(resource, config, finding[0]))
              reportViolation(message(rule, resource, ...finding), resource?.urn);
          },
          unknown: (error) => reportViolation(unknownMessage(resource, error), resource?.urn),
        });
        if (config["unknown"] === "report") return rule.stackCheck(args.resources, rethrowing(reportOn), config);
        guarded(reportOn(undefined), () => rule.stackCheck(args.resources, reportOn, config));
      },
    };
  }
  return {
    ...facts,
    // One function for all checks of the rule: the SDK decodes the resource anew for each function. Every check is
    // guarded by itself, so an unknown value in one family does not hide the others.
    validateResource: (args, reportViolation) => {
      const config = settle(args.getConfig());
      const refuse = (config["unknown"] ?? context.unknown) === "refuse";
      let skipped: Error | undefined;
      const report: Report = {
        violation: (...finding) => {
          if (!isExempt(args, config, finding[0])) reportViolation(message(rule, args, ...finding));
        },
        unknown: (error) => {
          if (refuse) reportViolation(unknownMessage(args, error));
          else skipped ??= error;
        },
      };
      for (const check of rule.checks) guarded(report, () => check(args, report, config));
      // The engine turns it into its own notice, "can't run policy … during preview".
      if (skipped) throw skipped;
    },
  };
}

const unknownProperty: PolicyConfigSchema["properties"] = {
  unknown: {
    type: "string",
    enum: ["refuse", "report"],
    description: "What to do at preview with a value that is not known yet: a violation, or the engine's notice only.",
  },
};

function withCommon(schema: PolicyConfigSchema | undefined): PolicyConfigSchema {
  return { ...schema, properties: { ...schema?.properties, ...unknownProperty, ...exceptProperty } };
}

function rethrowing(reportOn: (resource: Resource | undefined) => Report): typeof reportOn {
  return (resource) => ({
    ...reportOn(resource),
    unknown: (error) => {
      throw error;
    },
  });
}

/** `DaemonSet "alloy": spec.hostPID is true → remove it`. */
function message(rule: Rule, resource: Resource | undefined, path: string, problem: string, remedy?: string): string {
  const place = [nameResource(resource), path].filter((part) => part !== "").join(": ");
  return `${place} ${problem}\n→ ${remedy ?? rule.remediation}`;
}

function unknownMessage(resource: Resource | undefined, error: Error): string {
  return [
    `${nameResource(resource)}: not known before the update, so it cannot be judged: ${error.message}`,
    `→ Give the field a plain value instead of another resource's output, or set this rule's "unknown" to "report".`,
  ].join("\n");
}

const nameItem = ({ kind, name }: { kind: string; name: string }, list: Resource): string =>
  `${kind} "${name}" in ${nameResource(list)}`;

function nameResource(resource: Resource | undefined): string {
  if (resource === undefined) return "The stack";
  return `${parseToken(resource.type)?.kind ?? resource.type} "${resource.name}"`;
}
