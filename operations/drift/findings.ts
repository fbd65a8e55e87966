import { isDeepStrictEqual } from "node:util";

import { formatPath, parsePath, type PathStep } from "../../kit/property-path";
import { textTable } from "../../kit/text-table";
import type { EngineStep, ResourceState } from "../engine/plan";
import { addedKeys, additionsIn, masked } from "./additions";

/** One field of one object that is not as the stack says. */
export interface Drift {
  /** `ConfigMap monitoring/alloy-config` */
  resource: string;
  /** Path in the object; empty where the whole object is meant. */
  field: string;
  /** What the stack says; undefined where it says nothing. Secrets are `[secret]`. */
  expected: unknown;
  /** What the cluster or Vault has; undefined where there is nothing. */
  found: unknown;
  /**
   * What was added: the engine leaves it alone, so `up --restore` takes it out itself. With an empty path it is the
   * whole object that somebody has made.
   */
  added?: { apiVersion: string; kind: string; namespace?: string; name: string; path: PathStep[] };
}

type Value = Record<string, unknown>;

const isObject = (value: unknown): value is Value =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * What differs between a stack and what there is; pure. What somebody has added the engine does not see: that is
 * found in the objects themselves, see {@link additionsIn}.
 *
 * @param steps of a preview with `--refresh`: old states are as the refresh found them
 * @param secretKeys the keys of the collectors' Secret, of which the engine shows neither keys nor values
 */
export function driftOf(steps: readonly EngineStep[], secretKeys: readonly string[] = []): Drift[] {
  return steps.flatMap((step) => {
    const { op, type, old, new: next, name } = step;
    const state = next ?? old;
    if (state === undefined || /^pulumi:|^detectviz:/.test(type) || isPart(op)) return [];
    const resource = nameOf(type, name, state, old);
    if (op === "create") return [{ resource, field: "", expected: "there", found: "missing" }];
    if (op === "delete") return [{ resource, field: "", expected: "not there", found: "there" }];
    return [...changed(step, resource), ...additions(step, resource, secretKeys)];
  });
}

/** A replacement is a step of its own, with a creation and a deletion beside it. */
const isPart = (op: string): boolean => op === "create-replacement" || op === "delete-replaced";

function changed({ op, old, new: next, detailedDiff }: EngineStep, resource: string): Drift[] {
  if (op === "same" || old === undefined || next === undefined) return [];
  const paths =
    Object.keys(detailedDiff).length > 0
      ? Object.keys(detailedDiff).map(parsePath)
      : differing(next.inputs, old.inputs);
  return paths
    .filter((path) => !path.some((step) => String(step).startsWith("__")))
    .map((path) => ({
      resource,
      field: formatPath(path),
      expected: at(next.inputs, path),
      found: at(old.inputs, path),
    }));
}

/** The paths of all leaves that differ. */
function differing(a: unknown, b: unknown, path: PathStep[] = []): PathStep[][] {
  if (isDeepStrictEqual(a, b)) return [];
  if (isObject(a) && isObject(b))
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
      differing(a[key], b[key], [...path, key]),
    );
  if (Array.isArray(a) && Array.isArray(b))
    return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => differing(a[i], b[i], [...path, i])).flat();
  return [path];
}

function additions({ type, old, new: next }: EngineStep, resource: string, secretKeys: readonly string[]): Drift[] {
  if (!type.startsWith("kubernetes:") || next === undefined || old === undefined) return [];
  const live = old.outputs;
  const { apiVersion, kind } = live;
  const { namespace, name = "" } = (live["metadata"] ?? {}) as { namespace?: string; name?: string };
  const found = additionsIn(next.inputs, live);
  if (kind === "Secret") found.push(...addedKeys(secretKeys, live));
  return found.map(({ path, found }) => ({
    resource,
    field: formatPath(path),
    expected: undefined,
    found: kind === "Secret" ? masked : found,
    added: {
      apiVersion: String(apiVersion),
      kind: String(kind),
      ...(namespace !== undefined && { namespace }),
      name,
      path,
    },
  }));
}

const at = (value: unknown, path: readonly PathStep[]): unknown =>
  path.reduce<unknown>((part, step) => {
    if (part === masked) return masked;
    return typeof part === "object" && part !== null ? Reflect.get(part, step) : undefined;
  }, value);

function nameOf(type: string, logicalName: string, state: ResourceState, old: ResourceState | undefined): string {
  const kind = type.split(":").at(-1) ?? type;
  const metadata = isObject(state.inputs["metadata"]) ? state.inputs["metadata"] : {};
  const { namespace, name } = metadata as { namespace?: string; name?: string };
  if (name === undefined) return `${kind} ${old?.id ?? logicalName}`;
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

/** What the engine writes for a value that is known after `up` only. */
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The table that a person reads: resource, field, expected, found. Of a long text the first line that differs. */
export function driftTable(drifts: readonly Drift[]): string {
  const rows = drifts.map(({ resource, field, expected, found }) => [
    resource,
    field || "(all)",
    ...pair(expected, found),
  ]);
  return textTable([["RESOURCE", "FIELD", "EXPECTED", "FOUND"], ...rows]);
}

function pair(expected: unknown, found: unknown): [string, string] {
  if (typeof expected === "string" && typeof found === "string" && (expected + found).includes("\n")) {
    const [a, b] = [expected.split("\n"), found.split("\n")];
    const line = a.findIndex((text, i) => text !== b[i]);
    const number = line === -1 ? a.length : line;
    return [`line ${number + 1}: ${cell(a[number])}`, `line ${number + 1}: ${cell(b[number])}`];
  }
  return [cell(expected), cell(found)];
}

function cell(value: unknown): string {
  if (value === undefined) return "-";
  if (value === unknownValue) return "(known after up)";
  const text = typeof value === "string" ? value.trim() : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
