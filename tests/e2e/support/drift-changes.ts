import * as fs from "node:fs";
import * as path from "node:path";

import { parse } from "yaml";

/** One kind of change that somebody makes by hand: tests/corpus/drift/changes.yaml. */
export interface ManualChange {
  name: string;
  /** Kind of the object; `Vault` for a secret there. */
  object: string;
  /** With `object: Vault`: the secret's path below the mount. */
  path?: string;
  /** A strategic merge patch, or a JSON patch (a list). */
  patch?: unknown;
  delete?: boolean;
  /** What has to be said of it; what is left out here is not looked at. */
  drift: { resource: string; field: string; expected?: unknown; found?: unknown; pattern?: boolean };
}

export const manualChanges = parse(
  fs.readFileSync(path.join(__dirname, "..", "corpus", "drift-changes.yaml"), "utf8"),
) as ManualChange[];

/** Whether a found difference is what has to be said of a change. */
export function saysIt({ drift }: ManualChange, found: Record<string, unknown>): boolean {
  const { resource, field, pattern = false, ...values } = drift;
  const sameField = pattern ? new RegExp(`^${field}$`).test(String(found["field"])) : found["field"] === field;
  return (
    found["resource"] === resource &&
    sameField &&
    Object.entries(values).every(([key, value]) => JSON.stringify(found[key]) === JSON.stringify(value))
  );
}
