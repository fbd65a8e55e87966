import * as fs from "node:fs";
import * as path from "node:path";

import { repoRoot } from "../kit/repo-root";
import { UserError } from "../kit/user-error";
import { parseSettings, stackFile } from "../settings/parse-settings";
import { settingOf } from "../settings/schema-tree";
import type { Settings } from "../settings/schema";
import { encrypted, readStackFile, type StackFileConfig } from "../settings/stack-file";
import { stackValueAt } from "../settings/stack-file-values";
import { compareTerraform, requireSame, type Finding, type OurSide } from "./compare";
import { readTerraform } from "./files";
import { defaultMapFile, namesRead, readMap } from "./name-map";
import { Unevaluated, type TerraformValue } from "./values";

/** Which of Terraform's values a stack is compared with. */
export interface TerraformSources {
  /** Files, folders or `-`; a later one wins. */
  from: readonly string[];
  /** The mapping file. */
  map: string;
}

/**
 * The sources that were named, or those of the stack's own `alloy:terraform`.
 *
 * @throws UserError where neither says any
 */
export function sourcesOf(
  stack: string,
  named: { from: readonly string[]; map?: string },
  dir: string = repoRoot,
): TerraformSources {
  const { config } = readStackFile(stack, dir);
  const own = ownSources(config["alloy:terraform"] ?? "");
  const from = named.from.length > 0 ? named.from : [own.from ?? []].flat();
  if (from.length === 0)
    throw UserError.of(
      stackFile(stack),
      "alloy:terraform",
      "is not set, and no --from says what to compare with",
      "add --from FILE (.tfvars, .tfvars.json, a folder, or - for terraform output -json), or set alloy:terraform",
      "nothing was compared",
    );
  return { from, map: named.map ?? own.map ?? defaultMapFile };
}

/** What a stack's own `alloy:terraform` names, as far as it can be read; checking the stack says what is wrong with it. */
function ownSources(text: string): { from?: string | string[]; map?: string } {
  try {
    const own: unknown = JSON.parse(text);
    return typeof own === "object" && own !== null ? own : {};
  } catch {
    return {};
  }
}

/** Compares a stack's file with Terraform's values; each side with file and line. */
export async function compareStack(
  stack: string,
  { from, map }: TerraformSources,
  dir: string = repoRoot,
): Promise<Finding[]> {
  const mappings = readMap(map, dir);
  const entries = await readTerraform(from, dir, namesRead(mappings));
  return compareTerraform(mappings, entries, stackSide(stack, dir));
}

/**
 * Refuses a stack that sets `alloy:terraform` and says something else than Terraform, before an engine is started.
 * The program does the same for a `pulumi preview` typed by hand, where the stack's file cannot be read line by line.
 *
 * @throws UserError
 */
export async function refuseDrift(stack: string, { terraform }: Settings, dir: string = repoRoot): Promise<void> {
  if (terraform === undefined) return;
  const findings = await compareStack(stack, { from: terraform.from, map: terraform.map }, dir);
  requireSame(findings, stackFile(stack), stack);
}

/** What a stack's file says, or what holds where it says nothing. */
function stackSide(stack: string, dir: string): OurSide {
  const held = readStackFile(stack, dir);
  const file = stackFile(stack);
  const text = fs.readFileSync(path.join(dir, file), "utf8");
  const defaults = settingsOrNone(held);
  return (setting) => {
    const found = stackValueAt(text, setting);
    if (found === undefined && held.environments.length > 0)
      return {
        value: new Unevaluated(
          `may come from ${held.environments.join(", ")} (Pulumi ESC), which only the engine can read`,
          `write it in ${file}, too: its values win`,
        ),
        place: file,
      };
    if (found === undefined) {
      const value = defaults && settingOf(defaults, setting);
      return { value: value as TerraformValue | undefined, place: value === undefined ? file : `${file}, by default` };
    }
    const place = `${file}:${found.line}`;
    if (!found.encrypted) return { value: found.value as TerraformValue, place };
    return {
      value: new Unevaluated(
        `${file} has it ${encrypted.slice(1, -1)}`,
        "settings are not secret: write it without secure:",
      ),
      place,
    };
  };
}

/** A stack that is not valid yet has no defaults to compare; what its file says can be compared all the same. */
function settingsOrNone({ config, file, secretKeys, environments }: StackFileConfig): Settings | undefined {
  try {
    return parseSettings(config, file, secretKeys, environments);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
