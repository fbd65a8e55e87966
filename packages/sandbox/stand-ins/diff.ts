import type { PathStep } from "../../../kit/property-path";
import { formatPath, parsePath, pathContains } from "../../../kit/property-path";
import type { PropertyMap, Value } from "./values";
import { equal, isMap, Secret, Unknown } from "./values";

/** How one property differs. */
export interface PropertyChange {
  kind: "add" | "delete" | "update";
  /** The resource has to be replaced for it. */
  replace: boolean;
}

/** What a Diff call answers. */
export interface DiffResult {
  changes: Map<string, PropertyChange>;
  deleteBeforeReplace: boolean;
}

/** Decides whether a change at `path` forces a replacement. */
export type ReplaceRule = (path: readonly PathStep[]) => boolean;

/** Settles cases where both sides look different and mean the same. */
export type SameRule = (path: readonly PathStep[], before: Value | undefined, after: Value | undefined) => boolean;

/**
 * Compares two property maps leaf by leaf. An unknown on the new side counts as a change, since it may be one.
 * Secrets are compared by what they hold.
 */
export function compare(
  before: PropertyMap,
  after: PropertyMap,
  forcesReplace: ReplaceRule,
  isSame: SameRule = () => false,
): Map<string, PropertyChange> {
  const changes = new Map<string, PropertyChange>();
  const note = (path: readonly PathStep[], kind: PropertyChange["kind"]): void => {
    changes.set(formatPath(path), { kind, replace: forcesReplace(path) });
  };
  const visit = (path: readonly PathStep[], oldValue: Value | undefined, newValue: Value | undefined): void => {
    const a = oldValue instanceof Secret ? oldValue.value : oldValue;
    const b = newValue instanceof Secret ? newValue.value : newValue;
    if (equal(a, b) || isSame(path, a, b)) return;
    if (a === undefined) note(path, "add");
    else if (b === undefined) note(path, "delete");
    else if (b instanceof Unknown) note(path, "update");
    else if (isMap(a) && isMap(b)) {
      for (const key of union(Object.keys(a), Object.keys(b))) visit([...path, key], a[key], b[key]);
    } else if (Array.isArray(a) && Array.isArray(b)) {
      for (let i = 0; i < Math.max(a.length, b.length); i++) visit([...path, i], a[i], b[i]);
    } else note(path, "update");
  };
  for (const key of union(Object.keys(before), Object.keys(after))) visit([key], before[key], after[key]);
  return changes;
}

function union(a: string[], b: string[]): string[] {
  return [...new Set([...a, ...b])];
}

/** Takes the changes out that `ignoreChanges` names. */
export function withoutIgnored(
  changes: Map<string, PropertyChange>,
  ignoreChanges: readonly string[],
): Map<string, PropertyChange> {
  const ignored = ignoreChanges.map(parsePath);
  return new Map([...changes].filter(([path]) => !ignored.some((outer) => pathContains(outer, parsePath(path)))));
}

/** A rule that forces replacement for the named top-level properties and everything below them. */
export function replaceOn(names: readonly string[]): ReplaceRule {
  return (path) => typeof path[0] === "string" && names.includes(path[0]);
}
