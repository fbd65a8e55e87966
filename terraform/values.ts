/** What Terraform's files hold, as far as it can be told without running Terraform. */

/** Stands where a value would, if Terraform evaluated it. Nothing is ever compared with its text. */
export class Unevaluated {
  constructor(
    /** What keeps the value from being known, as the end of "cannot be told: …"; never a secret's value. */
    readonly reason: string,
    /** What to do about it. */
    readonly remedy: string,
  ) {}
}

export type TerraformValue =
  string | number | boolean | null | Unevaluated | TerraformValue[] | { [key: string]: TerraformValue };

/** One variable or output and where it stands. */
export interface TerraformEntry {
  value: TerraformValue;
  /** As it was named by the caller; `standard input` for `-`. */
  file: string;
  /** From 1. */
  line: number;
}

/** Variables and outputs by name. */
export type TerraformEntries = Map<string, TerraformEntry>;

/** Terraform marks it sensitive: it must not get into stack config, which is readable to everybody. */
export const sensitive = new Unevaluated(
  "Terraform marks it as sensitive, and a setting would be readable in the ConfigMap, the pods and the preview",
  "take it out of the mapping; a secret belongs in Vault (alloy:credentials)",
);

/** Whether a value is a map of values. */
export const isTerraformMap = (value: TerraformValue): value is { [key: string]: TerraformValue } =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Unevaluated);

/**
 * The value below a dotted path of keys; a part of a list is its number. An `Unevaluated` on the way is the answer.
 *
 * @returns undefined where there is no such key
 */
export function valueBelow(value: TerraformValue, path: readonly string[]): TerraformValue | undefined {
  let at: TerraformValue | undefined = value;
  for (const key of path) {
    if (at === undefined || at instanceof Unevaluated) return at;
    if (Array.isArray(at)) at = at[Number(key)];
    else at = isTerraformMap(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}

/** A number as JSON had it; what a JavaScript number cannot hold exactly is not compared. */
export function exactNumber(value: number): TerraformValue {
  if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) return value;
  return new Unevaluated("the number is too large to be compared exactly", "write it as text, in quotes");
}
