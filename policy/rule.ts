import type { PolicyConfigSchema } from "@pulumi/policy";

import type { Plain } from "./values";

/** A resource as the engine shows it to a policy: inputs before an operation, outputs in a check of the whole stack. */
export interface Resource {
  /** Type token, `kubernetes:apps/v1:DaemonSet`. */
  type: string;
  /** Logical name in the program. */
  name: string;
  urn: string;
  /** Plain values. Reading one that is not known yet throws `UnknownValueError`. */
  props: Plain;
  opts: {
    protect: boolean;
    /** Fields whose changes in the program never reach the resource; a test may leave it out. */
    ignoreChanges?: readonly string[];
  };
  /** Absent for components and for providers themselves. */
  provider?: {
    type: string;
    name: string;
    /** Its own inputs; a test may leave them out. */
    props?: Plain;
  };
}

/** What a check has found. Neither method ever takes a value of the resource: values may be secrets. */
export interface Report {
  /**
   * @param path field of the resource, `spec.template.spec.containers[0].image`; empty where the resource as a whole
   *   is meant
   * @param problem what is wrong with it, a clause that follows the path: "is missing"
   * @param remedy what to do, where the rule's own remediation is too general
   */
  violation(path: string, problem: string, remedy?: string): void;
  /** The value that decides is not known before the update. Never dropped: see README, "Unknown values". */
  unknown(error: Error): void;
}

/** Configuration of one rule: the defaults, then what the stack demands, then what the user's file says. */
export type RuleConfig = Plain;

/**
 * One function, one family of properties: an unknown value ends the function that reads it, so two families in one
 * function would let the second go unchecked.
 */
export type ResourceCheck = (resource: Resource, report: Report, config: RuleConfig) => void;

/** Looks at all resources together; `reportOn` names the resource that a finding belongs to. */
export type StackCheck = (
  resources: readonly Resource[],
  reportOn: (resource: Resource | undefined) => Report,
  config: RuleConfig,
) => void;

export type Severity = "low" | "medium" | "high" | "critical";

/** Where a stack runs; `other` for a stack that is not ours and says nothing about it. */
export type Environment = "production" | "staging" | "local" | "other";

export type Level = "mandatory" | "advisory" | "disabled";

interface RuleFacts {
  /** Unique, also the key in the policy configuration. */
  name: string;
  /** What holds where the rule passes, one sentence. */
  description: string;
  severity: Severity;
  /** What to do, an imperative sentence. */
  remediation: string;
  /** Where the reason can be read. */
  url: string;
  /** Levels that differ from mandatory. */
  enforcement?: Partial<Record<Environment, Level>>;
  configSchema?: PolicyConfigSchema;
  /** Values of configSchema's properties where nobody sets them. */
  defaults?: RuleConfig;
}

export interface ResourceRule extends RuleFacts {
  checks: ResourceCheck[];
}

export interface StackRule extends RuleFacts {
  stackCheck: StackCheck;
}

/** A policy as plain data: no Pulumi in it, so that a test runs it on an object. */
export type Rule = ResourceRule | StackRule;

export function isStackRule(rule: Rule): rule is StackRule {
  return "stackCheck" in rule;
}
