import { stackFile } from "./load";
import type { Settings } from "./schema";
import { settingOf } from "./schema-tree";
import { compareTerraform, requireSame } from "./terraform";
import { readTerraform } from "./terraform-files";
import { namesRead, readMap } from "./terraform-map";
import type { TerraformValue } from "./terraform-values";

/**
 * Refuses settings that say something else than the files of `alloy:terraform`; for the program, whatever started it.
 *
 * @param dir the folder of Pulumi.yaml
 * @throws UserError with each difference, and with what nobody can tell
 */
export async function refuseTerraformDrift(settings: Settings, stack: string, dir: string): Promise<void> {
  const { terraform } = settings;
  if (terraform === undefined) return;
  const mappings = readMap(terraform.map, dir);
  const entries = await readTerraform(terraform.from, dir, namesRead(mappings));
  const findings = compareTerraform(mappings, entries, (setting) => ({
    value: settingOf(settings, setting) as TerraformValue | undefined,
    place: stackFile(stack),
  }));
  requireSame(findings, stack);
}
