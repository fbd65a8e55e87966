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

/** Who an object is to an exception. */
type Identity = Omit<Exempt, "reason">;

/** An exception that holds, and for what. */
export interface Exemption {
  reason: string;
  /** The item that is exempt; absent if it is the resource itself. */
  item?: Identity;
}

/**
 * The entry of the rule's configuration that the resource is exempt by; one that gives no reason exempts nothing.
 *
 * @param path of what was found: inside of a List it says which item may be meant
 */
export function exemptionOf(resource: Resource, config: RuleConfig, path = ""): Exemption | undefined {
  const entries = asArray(config["except"]);
  if (entries.length === 0) return undefined;
  const find = ({ kind, namespace, name }: Identity): Exempt | undefined =>
    entries.map(entryOf).find(
      (entry) =>
        entry.reason.trim().length >= shortestReason &&
        entry.kind === kind &&
        entry.namespace === namespace &&
        // Letters only, so that one entry never means everything of a kind by mistake.
        /[^*]/.test(entry.name) &&
        matches(entry.name, name),
    );
  const item = itemAt(resource, path);
  const ofItem = item === undefined ? undefined : find(item);
  if (item !== undefined && ofItem !== undefined) return { reason: ofItem.reason, item };
  const own = find(identityOf(resource));
  return own === undefined ? undefined : { reason: own.reason };
}

/** The item of a List that the path leads into; undefined if it has no name by which it could be meant. */
function itemAt({ type, props }: Resource, path: string): Identity | undefined {
  const index = /^items\[(\d+)\](?![^.[])/.exec(path)?.[1];
  const kind = parseToken(type)?.kind;
  if (index === undefined || kind?.endsWith("List") !== true) return undefined;
  const read = (...fields: string[]): string =>
    known(() => text(at(asArray(props["items"])[Number(index)], ...fields)));
  const name = read("metadata", "name");
  if (name === "") return undefined;
  return { kind: read("kind") || kind.slice(0, -"List".length), namespace: read("metadata", "namespace"), name };
}

function known(read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (!isUnknownError(error)) throw error;
    return "";
  }
}

function entryOf(entry: unknown): Exempt {
  const { kind, namespace, name, reason } = asObject(entry);
  return { kind: text(kind), namespace: text(namespace), name: text(name), reason: text(reason) };
}

function identityOf(resource: Resource): Identity {
  const read = (field: string): string => known(() => text(at(resource.props, "metadata", field)));
  const kind = parseToken(resource.type)?.kind;
  if (kind === undefined) return { kind: resource.type, namespace: "", name: resource.name };
  return { kind, namespace: read("namespace"), name: read("name") || resource.name };
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
