import { isDeepStrictEqual } from "node:util";

import { formatPath, parsePath, type PathStep } from "../../kit/property-path";

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
  /** An entry that was added: the engine leaves it alone, so `up --restore` takes it out itself. */
  added?: { apiVersion: string; kind: string; namespace?: string; name: string; path: PathStep[] };
}

/** A resource of the engine's JSON, as far as it is read here. */
interface State {
  type: string;
  id?: string;
  inputs?: Value;
  outputs?: Value;
}

type Value = Record<string, unknown>;

/** One step of what `pulumi preview --json` prints. */
export interface PreviewStep {
  op: string;
  urn: string;
  oldState?: State;
  newState?: State;
  detailedDiff?: Record<string, { kind: string }> | null;
}

const isObject = (value: unknown): value is Value =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * What differs between a stack and what there is; pure. The engine's diff misses what somebody has added: a refresh
 * keeps only the fields that the program sets, and of a list only as many entries. So lists and the keys of `data` are
 * compared here with the object itself.
 *
 * @param steps of `pulumi preview --refresh --json --show-sames`: old states are as the refresh found them
 */
export function driftOf(steps: readonly PreviewStep[]): Drift[] {
  return steps.flatMap((step) => {
    const { op, urn, oldState, newState } = step;
    const state = newState ?? oldState;
    if (state === undefined || /^pulumi:|^detectviz:/.test(state.type) || op === "read" || op === "refresh") return [];
    const resource = nameOf(urn, state, oldState);
    if (op === "create") return [{ resource, field: "", expected: "there", found: "missing" }];
    if (op === "delete") return [{ resource, field: "", expected: "not there", found: "there" }];
    return [...changed(step, resource), ...additions(step, resource)];
  });
}

function changed({ op, oldState, newState, detailedDiff }: PreviewStep, resource: string): Drift[] {
  if (op === "same" || oldState === undefined || newState === undefined) return [];
  const paths =
    detailedDiff && Object.keys(detailedDiff).length > 0
      ? Object.keys(detailedDiff).map(parsePath)
      : differing(newState.inputs, oldState.inputs);
  return paths
    .filter((path) => !path.some((step) => String(step).startsWith("__")))
    .map((path) => ({
      resource,
      field: formatPath(path),
      expected: at(newState.inputs, path),
      found: at(oldState.inputs, path),
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

function additions({ oldState, newState }: PreviewStep, resource: string): Drift[] {
  if (!newState?.type.startsWith("kubernetes:") || !isObject(newState.inputs) || !isObject(oldState?.outputs))
    return [];
  const live = oldState.outputs;
  const { apiVersion, kind } = live;
  const { namespace, name } = (live["metadata"] ?? {}) as { namespace?: string; name?: string };
  return added(newState.inputs, live).map(({ path, found }) => ({
    resource,
    field: formatPath(path),
    expected: undefined,
    found: kind === "Secret" ? masked : found,
    added: {
      apiVersion: String(apiVersion),
      kind: String(kind),
      ...(namespace !== undefined && { namespace }),
      name: name ?? "",
      path,
    },
  }));
}

/** Entries of lists, and keys of `data`, that are in the object and not in what the program asks for. */
function added(asked: unknown, live: unknown, path: PathStep[] = []): { path: PathStep[]; found: unknown }[] {
  if (Array.isArray(asked) && Array.isArray(live)) {
    const more = live
      .slice(asked.length)
      .map((found, i) => ({ path: [...path, asked.length + i], found: found as unknown }));
    return [...asked.flatMap((item, i) => added(item, live[i], [...path, i])), ...more];
  }
  if (!isObject(asked) || !isObject(live)) return [];
  const inside = Object.keys(asked).flatMap((key) => added(asked[key], live[key], [...path, key]));
  const keys = path.length === 1 && path[0] === "data" ? Object.keys(live).filter((key) => !(key in asked)) : [];
  return [...inside, ...keys.map((key) => ({ path: [...path, key], found: live[key] }))];
}

/** What the engine prints for a secret; for a Secret that is all of `data` at once. */
const masked = "[secret]";

const at = (value: unknown, path: readonly PathStep[]): unknown =>
  path.reduce<unknown>((part, step) => {
    if (part === masked) return masked;
    return typeof part === "object" && part !== null ? Reflect.get(part, step) : undefined;
  }, value);

function nameOf(urn: string, state: State, oldState: State | undefined): string {
  const kind = state.type.split(":").at(-1) ?? state.type;
  const metadata = isObject(state.inputs) && isObject(state.inputs["metadata"]) ? state.inputs["metadata"] : {};
  const { namespace, name } = metadata as { namespace?: string; name?: string };
  if (name === undefined) return `${kind} ${oldState?.id ?? urn.split("::").at(-1) ?? urn}`;
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
  const table = [["RESOURCE", "FIELD", "EXPECTED", "FOUND"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
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
