import { isDeepStrictEqual } from "node:util";

import { UserError } from "../kit/user-error";
import { keyOf } from "../settings/schema-problems";
import type { Mapping } from "./name-map";
import { missingValue, sameButForDashes } from "./missing-value";
import { isTerraformMap, placeOf, Unevaluated, valueBelow, type TerraformEntries, type TerraformValue } from "./values";

/** One side of a comparison: a value, or why there is none to compare, and where it stands. */
export interface Side {
  value: TerraformValue | undefined;
  /** `Pulumi.production.yaml:3` */
  place: string;
}

/** What became of one mapped value. */
export interface Finding {
  verdict: "same" | "differs" | "unknown";
  setting: string[];
  /** Name in Terraform, as the mapping has it. */
  terraform: string;
  ours: Side;
  /** As Terraform has it, and as it has to be here: the same but for lookup, prefix and suffix. */
  theirs: Side & { wanted: TerraformValue | undefined };
  /** Verdict `unknown`: why nobody can tell, and what to do. */
  reason?: { problem: string; remedy: string };
}

/** What a stack says of a setting, its default included; the value is undefined where it says nothing. */
export type OurSide = (setting: readonly string[]) => Side;

/** Compares all mapped values; pure. An optional value that Terraform does not have is no finding. */
export function compareTerraform(mappings: readonly Mapping[], entries: TerraformEntries, ours: OurSide): Finding[] {
  return mappings.flatMap((mapping) => compareOne(mapping, entries, ours) ?? []);
}

function compareOne(mapping: Mapping, entries: TerraformEntries, ours: OurSide): Finding | undefined {
  const [name = "", ...below] = mapping.terraform.split(".");
  const entry = entries.get(name);
  const value = entry && valueBelow(entry.value, below);
  // Terraform takes null for "not given". What is there under nearly the same name may be meant.
  const absent = value === undefined || value === null;
  if (absent && mapping.optional && (value === null || sameButForDashes(mapping.terraform, entries) === undefined))
    return undefined;
  const { setting, terraform } = mapping;
  const our = ours(setting);
  const wanted = absent ? undefined : transformed(value, mapping);
  const finding = {
    setting,
    terraform,
    ours: our,
    theirs: { value, wanted, place: entry === undefined ? "" : placeOf(entry) },
  };
  if (wanted === undefined)
    return {
      ...finding,
      verdict: "unknown",
      reason: value === null ? isNull : missingValue(terraform, entries),
    };
  // Most modules take an empty text for "not given".
  if (mapping.optional && entry?.isDefault === true && value === "")
    return {
      ...finding,
      verdict: "unknown",
      reason: {
        problem: "is empty by default in Terraform, which means to most modules that it is not set",
        remedy: "set it in a .tfvars file, pass what terraform output -json prints, or take it out of the mapping",
      },
    };
  for (const side of [wanted, our.value]) {
    const unevaluated = side === undefined ? undefined : firstUnevaluated(side);
    if (unevaluated !== undefined)
      return { ...finding, verdict: "unknown", reason: { problem: unevaluated.reason, remedy: unevaluated.remedy } };
  }
  return { ...finding, verdict: sameValue(wanted, our.value) ? "same" : "differs" };
}

const isNull = {
  problem: "is null in Terraform, which means that it is not set",
  remedy: "pass the file or the outputs that contain it, or write optional: true in the mapping",
};

function transformed(value: TerraformValue, { lookup, prefix, suffix }: Mapping): TerraformValue {
  if (lookup === undefined && prefix === "" && suffix === "") return value;
  if (value instanceof Unevaluated) return value;
  if (typeof value === "object" && value !== null)
    return new Unevaluated(
      "is a list or a map, but lookup, prefix and suffix work on single values only",
      "map its parts one by one",
    );
  const word = String(value);
  if (lookup !== undefined && !Object.hasOwn(lookup, word))
    return new Unevaluated(
      `${JSON.stringify(word)} is not in the mapping's lookup (${Object.keys(lookup).join(", ")})`,
      "add it there",
    );
  return `${prefix}${lookup?.[word] ?? word}${suffix}`;
}

function firstUnevaluated(value: TerraformValue): Unevaluated | undefined {
  if (value instanceof Unevaluated) return value;
  const parts = Array.isArray(value) ? value : isTerraformMap(value) ? Object.values(value) : [];
  for (const part of parts) {
    const found = firstUnevaluated(part);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Terraform and YAML disagree on what is text: 100 and "100", true and "true" are the same setting. */
const asText = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asText(inner)]));
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
};

/** Whether two values mean the same setting. The order of a map's keys says nothing. */
export const sameValue = (a: unknown, b: unknown): boolean => isDeepStrictEqual(asText(a), asText(b));

/** 0: all are the same; 1: one differs; 2: nobody can tell. What is known to differ is not made unknown by the rest. */
export function verdictOf(findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({ verdict }) => verdict === "differs")) return 1;
  return findings.length === 0 || findings.some(({ verdict }) => verdict === "unknown") ? 2 : 0;
}

/** The comparison as a person would write it: key, both values, both places. */
export function describeFindings(findings: readonly Finding[], file: string): string {
  const count = (verdict: Finding["verdict"]): number => findings.filter((f) => f.verdict === verdict).length;
  if (findings.length === 0) return `nothing to compare: Terraform has none of the mapped values`;
  const [differ, unknown, same] = [count("differs"), count("unknown"), count("same")];
  const head = [
    ...(differ > 0 ? [`${differ} ${differ === 1 ? "differs" : "differ"}`] : []),
    ...(unknown > 0 ? [`${unknown} cannot be told`] : []),
    ...(same > 0 ? [`${same} ${same === 1 ? "is" : "are"} the same`] : []),
  ];
  const blocks = findings.filter(({ verdict }) => verdict !== "same").map(describeOne);
  return [`${file} and Terraform: ${head.join(", ")}`, ...blocks].join("\n");
}

function describeOne({ verdict, setting, terraform, ours, theirs, reason }: Finding): string {
  const rows: [string, string][] =
    verdict === "unknown"
      ? [[reason?.problem ?? "", ""]]
      : [
          [show(ours.value), ours.place],
          [show(theirs.wanted), `${theirs.place} (${terraform}${translated(theirs)})`],
        ];
  const width = Math.max(...rows.map(([text]) => text.length));
  const lines = rows.map(([text, place]) => `    ${place === "" ? text : `${text.padEnd(width)}  ${place}`}`);
  const where = verdict === "unknown" && theirs.place !== "" ? `    ${theirs.place} (${terraform})` : undefined;
  const name = verdict === "unknown" && where === undefined ? ` (${terraform})` : "";
  return [
    `  ${keyOf(setting)}${name}`,
    ...lines,
    ...(where ? [where] : []),
    ...(reason ? [`    → ${reason.remedy}`] : []),
  ].join("\n");
}

const translated = ({ value, wanted }: Finding["theirs"]): string =>
  sameValue(value, wanted) ? "" : ` = ${show(value)}`;

/** A value as a diff shows it; text in quotes, so that spaces and line breaks at its ends show. */
export function show(value: unknown): string {
  if (value === undefined) return "not set";
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

/**
 * Refuses settings that do not say what Terraform says; for preview and up.
 *
 * @param place where the settings stand
 * @param stack the stack whose file that is; undefined for the arguments of a component, which no command rewrites
 * @throws UserError with each difference, and with what nobody can tell
 */
export function requireSame(findings: readonly Finding[], place: string, stack: string | undefined): void {
  if (verdictOf(findings) === 0) return;
  if (findings.length === 0)
    throw UserError.cannotTell(
      place,
      "alloy:terraform",
      "names files that contain none of the mapped values",
      "name others, or map what they hold",
    );
  throw new UserError(
    findings
      .filter(({ verdict }) => verdict !== "same")
      .map(({ verdict, setting, terraform, ours, theirs, reason }) => ({
        file: ours.place,
        key: keyOf(setting),
        problem:
          verdict === "differs"
            ? `is ${show(ours.value)}, but ${theirs.place} says ${terraform} = ${show(theirs.value)}`
            : `cannot be compared with Terraform's ${terraform}${theirs.place === "" ? "" : ` (${theirs.place})`}: ${reason?.problem ?? ""}`,
        remedy:
          reason?.remedy ??
          (stack === undefined
            ? `one of the two is wrong: write ${show(theirs.wanted)}, or change Terraform`
            : `one of the two is wrong: npx alloyctl terraform sync ${stack} takes ${show(theirs.wanted)} over, or change Terraform`),
        ...(verdict === "unknown" && { cannotTell: true }),
      })),
  );
}
