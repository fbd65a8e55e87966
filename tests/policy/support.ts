import { unknownCheckingProxy } from "@pulumi/policy";
import type { ResourceValidationArgs, StackValidationArgs } from "@pulumi/policy";

import { toPolicy, type PackContext } from "../../policy/adapter";
import type { Environment, Resource, Rule, RuleConfig } from "../../policy/rule";
import { isUnknownError, type Plain } from "../../policy/values";

/** What a rule said. */
export interface Findings {
  /** The messages of violations. */
  violations: string[];
  /** What the engine would report as "can't run policy … during preview". */
  unknown: string[];
}

export interface RunOptions {
  /** As if from the user's policy configuration. */
  config?: RuleConfig;
  /** As if implied by the stack's settings. */
  stackConfig?: RuleConfig;
  environment?: Environment;
  unknown?: PackContext["unknown"];
}

// The SDK exports it, its type definitions leave it out.
const proxy = unknownCheckingProxy as (props: Plain) => Plain;

/** A resource of the Kubernetes provider that the program would make. */
export function resource(type: string, name: string, props: Plain, extra: Partial<Resource> = {}): Resource {
  return {
    type,
    name,
    urn: `urn:pulumi:test::alloy::${type}::${name}`,
    props,
    opts: { protect: false },
    provider: { type: "pulumi:providers:kubernetes", name: "kubernetes" },
    ...extra,
  };
}

/**
 * Runs a rule as the SDK's server does: the same adapter, properties behind the same proxy that throws at unknown
 * values. A rule about the stack gets all resources, one about a resource gets each.
 */
export function run(rule: Rule, resources: Resource | readonly Resource[], options: RunOptions = {}): Findings {
  const { environment = "production", unknown = "report", stackConfig = {}, config = {} } = options;
  const policy = toPolicy(rule, { environment, unknown, stackConfig: { [rule.name]: stackConfig } });
  const findings: Findings = { violations: [], unknown: [] };
  const report = (message: string): void => {
    findings.violations.push(message);
  };
  const attempt = (look: () => unknown): void => {
    try {
      look();
    } catch (error) {
      if (!isUnknownError(error)) throw error;
      findings.unknown.push(error.message);
    }
  };
  const shown = [resources].flat().map((one) => ({
    ...one,
    props: proxy(one.props),
  }));
  const shared = { getConfig: () => config, stackTags: new Map(), notApplicable: fail };
  if ("validateStack" in policy)
    attempt(() => policy.validateStack({ ...shared, resources: shown } as unknown as StackValidationArgs, report));
  else {
    const { validateResource } = policy;
    if (typeof validateResource !== "function") throw new Error(`${rule.name} checks nothing`);
    for (const one of shown)
      attempt(() => validateResource({ ...shared, ...one } as unknown as ResourceValidationArgs, report));
  }
  return findings;
}

function fail(): never {
  throw new Error("no rule of ours marks itself as not applicable");
}

/** The SDK's sentinel for a text that is not known before the update (proxy.js, unknownStringValue). */
export const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Step = string | number;

/** `a.b[0]["c.d"]` to its steps. */
export function steps(path: string): Step[] {
  return [...path.matchAll(/\["([^"]+)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, field]) =>
    index === undefined ? (quoted ?? field ?? "") : Number(index),
  );
}

/**
 * A copy with one field set, or taken away where `value` is undefined; missing objects on the way are made. What is not on
 * the way is the original's own: copying all of it takes most of a test's time.
 */
export function withField<T extends Resource>(original: T, path: string, value: unknown): T {
  return { ...original, props: changed(original.props, steps(path), value) as Plain };
}

function changed(parent: unknown, [step, ...rest]: readonly Step[], value: unknown): unknown {
  if (step === undefined) return value;
  const copy = copyOf(parent ?? (typeof step === "number" ? [] : {}));
  if (rest.length === 0 && value === undefined) delete copy[step];
  else copy[step] = changed(copy[step], rest, value);
  return copy;
}

function copyOf(value: unknown): Record<Step, unknown> {
  if (typeof value !== "object" || value === null) throw new Error(`${JSON.stringify(value)} has no fields`);
  return (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<Step, unknown>;
}

/** The paths of every value in there, inner ones too. */
export function everyPath(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return path === "" ? [] : [path];
  const inner = Array.isArray(value)
    ? value.flatMap((item, i) => everyPath(item, `${path}[${i}]`))
    : Object.entries(value).flatMap(([key, item]) =>
        everyPath(item, /^[\w$-]+$/.test(key) ? (path === "" ? key : `${path}.${key}`) : `${path}["${key}"]`),
      );
  return path === "" ? inner : [path, ...inner];
}
