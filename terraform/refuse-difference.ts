import type { Settings } from "../settings/schema";
import { settingOf } from "../settings/schema-tree";
import { compareTerraform, requireSame } from "./compare";
import { readTerraform } from "./files";
import { namesRead, readMap } from "./name-map";
import type { TerraformValue } from "./values";

/**
 * Refuses settings that say something else than the files of `alloy:terraform`; for the program, whatever started it.
 *
 * @param place where the settings stand
 * @param stack the stack whose file that is; undefined for the arguments of a component
 * @param dir the folder that the files' paths start from
 * @throws UserError with each difference, and with what nobody can tell
 */
export async function refuseTerraformDrift(
  settings: Settings,
  place: string,
  stack: string | undefined,
  dir: string,
): Promise<void> {
  const { terraform } = settings;
  if (terraform === undefined) return;
  const mappings = readMap(terraform.map, dir);
  const entries = await readTerraform(terraform.from, dir, namesRead(mappings));
  const findings = compareTerraform(mappings, entries, (setting) => ({
    value: settingOf(settings, setting) as TerraformValue | undefined,
    place,
  }));
  requireSame(findings, place, stack);
}
