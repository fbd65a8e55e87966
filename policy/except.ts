import type { PolicyConfigSchema } from "@pulumi/policy";

import { parseToken } from "./kubernetes";
import type { Resource, RuleConfig } from "./rule";
import { asArray, asObject, at, isUnknownError, text } from "./values";

/** One object that may break one rule, and why: the only way past a rule that leaves it on for all others. */
export interface Exempt {
  /** Kind, `Deployment`; for what is no Kubernetes object its type, `command:local:Command`. */
  kind: string;
  /** Namespace of the object; empty for what has none. */
  namespace: string;
  /** Name of the object, or the logical name of what has none; `*` stands for any letters. */
  name: string;
  reason: string;
}

/** Shortest reason that says anything. */
const shortestReason = 10;

/** The property `except` of every rule's configuration. */
export const exceptProperty: PolicyConfigSchema["properties"] = {
  except: {
    type: "array",
    description: "Objects that may break this rule, each by name and with the reason; printed at each run.",
    items: {
      type: "object",
      properties: {
        kind: { type: "string", minLength: 1 },
        namespace: { type: "string" },
        name: { type: "string", minLength: 1 },
        reason: { type: "string", minLength: shortestReason },
      },
      required: ["kind", "name", "reason"],
      additionalProperties: false,
    },
  },
};

/** The entry of the rule's configuration that the resource is exempt by; one that gives no reason exempts nothing. */
export function exemptionOf(resource: Resource, config: RuleConfig): Exempt | undefined {
  const entries = asArray(config["except"]);
  if (entries.length === 0) return undefined;
  const { kind, namespace, name } = identityOf(resource);
  return entries.map(entryOf).find(
    (entry) =>
      entry.reason.trim().length >= shortestReason &&
      entry.kind === kind &&
      entry.namespace === namespace &&
      // Letters only, so that one entry never means everything of a kind by mistake.
      /[^*]/.test(entry.name) &&
      matches(entry.name, name),
  );
}

function entryOf(entry: unknown): Exempt {
  const { kind, namespace, name, reason } = asObject(entry);
  return { kind: text(kind), namespace: text(namespace), name: text(name), reason: text(reason) };
}

function identityOf(resource: Resource): Omit<Exempt, "reason"> {
  const known = (field: string): string => {
    try {
      return text(at(resource.props, "metadata", field));
    } catch (error) {
      if (!isUnknownError(error)) throw error;
      return "";
    }
  };
  const kind = parseToken(resource.type)?.kind;
  if (kind === undefined) return { kind: resource.type, namespace: "", name: resource.name };
  return { kind, namespace: known("namespace"), name: known("name") || resource.name };
}

function matches(pattern: string, name: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === name;
  const last = rest.pop() ?? "";
  if (!name.startsWith(first)) return false;
  let position = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return name.length - last.length >= position && name.endsWith(last);
}
