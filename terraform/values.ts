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

/** Stands where a value would that nobody may see: once a source hides a name, the name stays hidden. */
export class Hidden extends Unevaluated {}

export type TerraformValue =
  string | number | boolean | null | Unevaluated | TerraformValue[] | { [key: string]: TerraformValue };

/** One variable or output and where it stands. */
export interface TerraformEntry {
  value: TerraformValue;
  /** As it was named by the caller; `standard input` for `-`. */
  file: string;
  /** From 1; undefined if nobody asked for the line of this name. */
  line: number | undefined;
  /** It is what a variable is if nobody sets it. */
  isDefault?: true;
}

/** Variables and outputs by name. */
export type TerraformEntries = Map<string, TerraformEntry>;

/** Where something stands, for a message: `eu.tfvars:3`. */
export const placeOf = ({ file, line }: Pick<TerraformEntry, "file" | "line">): string =>
  line === undefined ? file : `${file}:${line}`;

const hidden = (mark: string): Hidden =>
  new Hidden(
    `Terraform marks it as ${mark}, and a setting would be readable in the ConfigMap, the pods and the preview`,
    "take it out of the mapping; a secret belongs in Vault (alloy:credentials)",
  );

/** Terraform marks it sensitive: it must not get into stack config, which is readable to everybody. */
export const sensitive = hidden("sensitive");

/** Terraform never stores it, and nobody else may. */
export const ephemeral = hidden("ephemeral");

/** A name as people compare it: the case, and the choice between `-` and `_`, say nothing. */
export const plainName = (name: string): string => name.toLowerCase().replace(/[-_]/g, "");

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
