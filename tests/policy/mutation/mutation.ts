import assert from "node:assert/strict";

import type { Resource } from "../../../policy/rule";
import { resource, steps, withField } from "../support";

/** The stacks that mutations are made of: see bases.ts. */
export type BaseName =
  "production" | "staging" | "local" | "network" | "canary" | "managed-cluster" | "log-files" | "foreign";

/** One field of one object of the stack. */
export interface Edit {
  /** `DaemonSet/alloy`: kind of the resource's type and name of the object. */
  object: string;
  /** Path of the field; empty for an option of the resource. */
  field: string;
  /** What is put there; undefined takes the field away. */
  set?: unknown;
  /** Instead of `set`: in the text that stands there, the first is replaced by the second. */
  replace?: readonly [string, string];
}

/** A resource that is added to the stack. */
export interface Addition {
  /** Type token, `kubernetes:apps/v1:Deployment`. */
  type: string;
  name: string;
  props: Record<string, unknown>;
  /** Logical name of the provider; an explicit one where it is left out. */
  provider?: string;
  /** Type of the provider; Kubernetes' where it is left out. */
  providerType?: string;
}

/** What somebody might do to a stack by accident or on purpose, as data; the rule that has to refuse it. */
export interface Mutation {
  rule: string;
  base: BaseName;
  edits?: Edit[];
  add?: Addition[];
  /** Objects that are taken away. */
  remove?: string[];
  /** Takes the protection from deletion off this object. */
  unprotect?: string;
}

/** The stack with the mutation in it; the base itself stays as it is. */
export function mutate(stack: readonly Resource[], mutation: Mutation): Resource[] {
  let changed = [...stack];
  for (const edit of mutation.edits ?? []) {
    const at = indexOf(changed, edit.object);
    changed = changed.map((one, i) => (i === at ? withField(one, edit.field, valueOf(one, edit)) : one));
  }
  for (const object of mutation.remove ?? []) changed.splice(indexOf(changed, object), 1);
  if (mutation.unprotect !== undefined) {
    const at = indexOf(changed, mutation.unprotect);
    changed = changed.map((one, i) => (i === at ? { ...one, opts: { protect: false } } : one));
  }
  for (const { type, name, props, provider = "kubernetes", providerType } of mutation.add ?? [])
    changed.push(
      resource(type, name, props, {
        provider: { type: providerType ?? "pulumi:providers:kubernetes", name: provider },
      }),
    );
  return changed;
}

function valueOf(one: Resource, { field, set, replace }: Edit): unknown {
  if (replace === undefined) return set;
  const text = steps(field).reduce<unknown>((value, step) => (value as Record<string, unknown>)[step], one.props);
  const [from, to] = replace;
  assert.ok(typeof text === "string" && text.includes(from), `${field} does not hold ${from}`);
  return text.replace(from, () => to);
}

/** Where it strikes: no two mutations of a rule may strike the same place in the same way. */
export function placeOf({ edits = [], add = [], remove = [], unprotect = "" }: Mutation): string {
  return JSON.stringify([
    edits.map(({ object, field, replace }) => `${object} ${field} ${replace?.[0] ?? ""}`),
    add,
    remove,
    unprotect,
  ]);
}

/** One line that says what was done. */
export function describeMutation({ base, edits = [], add = [], remove = [], unprotect }: Mutation): string {
  const done = [
    ...edits.map(
      ({ object, field, set, replace }) =>
        `${object} ${field} = ${JSON.stringify(replace?.[1] ?? set)?.slice(0, 80) ?? "nothing"}`,
    ),
    ...add.map(({ type, name }) => `a ${type} ${name} more`),
    ...remove.map((object) => `${object} taken away`),
    ...(unprotect === undefined ? [] : [`${unprotect} not protected`]),
  ];
  return `${base}: ${done.join(", ")}`;
}

function indexOf(stack: readonly Resource[], object: string): number {
  const found = stack.findIndex(({ type, props }) => {
    const { name } = (props["metadata"] ?? {}) as { name?: string };
    return object === `${type.split(":")[2] ?? ""}/${name ?? ""}`;
  });
  assert.ok(found >= 0, `the stack has no ${object}`);
  return found;
}
