import assert from "node:assert/strict";

import {
  isMarkedSecret,
  recordProgram,
  type RecordedResource,
  type Recording,
} from "../../operations/recording/record-program";
import { configOf, type StackValues } from "./settings";

/** What stands in a recorded input for a value that is not known before `up`. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const made = new Map<string, Promise<Recording>>();

/** Runs the program under mocks with the least settings and these; the same ones are run once. */
export function record(values: StackValues = {}, preview = false): Promise<Recording> {
  const key = JSON.stringify([values, preview]);
  const known = made.get(key);
  if (known !== undefined) return known;
  const recording = recordProgram({ stack: "test", config: configOf(values), preview });
  made.set(key, recording);
  return recording;
}

/** The one resource of that logical name. */
export function named({ resources }: Recording, name: string): RecordedResource {
  const [found, ...more] = resources.filter((resource) => resource.name === name);
  assert.ok(found, `there is no resource ${name}`);
  assert.deepEqual(more, [], `more than one resource ${name}`);
  return found;
}

/** Name to type and parent, of everything but the stack itself. */
export function shape({ resources }: Recording): Record<string, [type: string, parent: string]> {
  return Object.fromEntries(
    resources
      .filter(({ type }) => type !== "pulumi:pulumi:Stack")
      .map(({ name, type, parent }) => [name, [type, parent]]),
  );
}

/** Paths of a value's parts that the program marked secret. */
export function secretPaths(value: unknown, path = ""): string[] {
  if (isMarkedSecret(value)) return [path];
  return childrenOf(value).flatMap(([key, child]) => secretPaths(child, path === "" ? key : `${path}.${key}`));
}

/** The value with the marks of secrets taken away: what the provider would see. */
export function revealed(value: unknown): unknown {
  if (isMarkedSecret(value)) return revealed(value.value);
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(childrenOf(value).map(([key, child]) => [key, revealed(child)]));
}

function childrenOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
