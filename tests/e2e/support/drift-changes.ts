import * as fs from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";

import { parse } from "yaml";

/** One kind of change that somebody makes by hand: tests/e2e/corpus/drift-changes.yaml. */
export interface ManualChange {
  name: string;
  /** Kind of the object; `Vault` for a secret there. */
  object: string;
  /** With `object: Vault`: the secret's path below the mount. */
  path?: string;
  /** A strategic merge patch, or a JSON patch (a list). */
  patch?: unknown;
  /** The patch is a JSON merge patch, which a custom resource takes instead of a strategic one. */
  merge?: boolean;
  delete?: boolean;
  /** Another object of that kind, which somebody makes. */
  create?: { metadata: { name: string } };
  /** 1 unless it says otherwise: the changes of the first round are restored before those of the second are made. */
  round?: number;
  /** What has to be said of it; what is left out here is not looked at. */
  drift: { resource: string; field: string; expected?: unknown; found?: unknown; pattern?: boolean };
}

const all = parse(
  fs.readFileSync(path.join(__dirname, "..", "corpus", "drift-changes.yaml"), "utf8"),
) as ManualChange[];

/** The changes of one round. */
export const manualChanges = (round: number): ManualChange[] => all.filter((change) => (change.round ?? 1) === round);

/** Whether a found difference is what has to be said of a change. */
export function saysIt({ drift }: ManualChange, found: Record<string, unknown>): boolean {
  const { resource, field, pattern = false, ...values } = drift;
  const sameField = pattern ? new RegExp(`^${field}$`).test(String(found["field"])) : found["field"] === field;
  return (
    found["resource"] === resource &&
    sameField &&
    Object.entries(values).every(([key, value]) => isDeepStrictEqual(found[key], value))
  );
}
