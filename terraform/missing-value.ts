import { nearest } from "../kit/nearest";
import { isTerraformMap, placeOf, plainName, type TerraformEntries, type TerraformValue } from "./values";

/** As many names as a report lists. */
const shown = 12;

/** Why a name is not to be found, and what is there instead: names, never values. */
export function missingValue(wanted: string, entries: TerraformEntries): { problem: string; remedy: string } {
  const meant = sameButForDashes(wanted, entries, isTerraformMap) ?? nearest(wanted, [...entries.keys()]);
  const there = [...entries.keys()].sort();
  const more = there.length > shown ? `, and ${there.length - shown} more` : "";
  const list = there.length === 0 ? "there are none" : `there are ${there.slice(0, shown).join(", ")}${more}`;
  const hint =
    meant === undefined
      ? ""
      : `did you mean ${meant} (${placeIn(meant, entries)})? Write that name in the mapping; otherwise `;
  return {
    problem: `is not among Terraform's values (${list})`,
    remedy: `${hint}pass the file or the outputs that contain it, or write optional: true in the mapping`,
  };
}

/**
 * A name that differs only in case, or in `-` and `_`: half of the world writes cluster-name. The maps that `isLookedInto`
 * names are looked through, too, one level deep; without it only `inputs`, which Terragrunt hands to a module.
 */
export function sameButForDashes(
  wanted: string,
  entries: TerraformEntries,
  isLookedInto: (value: TerraformValue, name: string) => boolean = (_, name) => name === "inputs",
): string | undefined {
  const below = [...entries].flatMap(([name, { value }]) =>
    isTerraformMap(value) && isLookedInto(value, name)
      ? Object.keys(value).map((key) => ({ path: `${name}.${key}`, key }))
      : [],
  );
  const candidates = [...[...entries.keys()].map((name) => ({ path: name, key: name })), ...below];
  const same = (text: string): boolean => plainName(text) === plainName(wanted);
  return candidates.find(({ path, key }) => path !== wanted && (same(path) || same(key)))?.path;
}

function placeIn(name: string, entries: TerraformEntries): string {
  const entry = entries.get(name) ?? entries.get(name.split(".")[0] ?? "");
  return entry === undefined ? "" : placeOf(entry);
}
