import * as fs from "node:fs";
import * as path from "node:path";

import { UserError } from "../kit/user-error";
import { readTfvars, readVariableDefaults } from "./hcl";
import { readTerraformJson } from "./json";
import type { TerraformEntries } from "./values";

/** Stands for standard input as a source. */
export const standardInput = "-";

/**
 * Reads Terraform's values from files and folders; a later one wins, as with Terraform's own `-var-file`. A folder is
 * its `*.tf` (defaults), then terraform.tfvars, terraform.tfvars.json and `*.auto.tfvars(.json)` in that order, which
 * is Terraform's.
 *
 * @param sources paths relative to `dir`, or `-`
 * @param wanted names whose lines are needed
 * @throws UserError where one cannot be read
 */
export async function readTerraform(
  sources: readonly string[],
  dir: string,
  wanted: ReadonlySet<string>,
): Promise<TerraformEntries> {
  const entries: TerraformEntries = new Map();
  for (const source of sources) {
    for (const file of filesOf(source, dir)) {
      const name = file === standardInput ? "standard input" : file;
      const text = readText(file, dir);
      for (const [key, entry] of await readOne(text, name, wanted)) entries.set(key, entry);
    }
  }
  return entries;
}

/** One text by its name's ending, or by its beginning where the name says nothing. */
export async function readOne(text: string, name: string, wanted: ReadonlySet<string>): Promise<TerraformEntries> {
  if (text.includes("\ufffd")) throw UserError.of(name, "", "is not UTF-8", "save it as UTF-8", "nothing was compared");
  if (name.endsWith(".tf.json"))
    throw UserError.of(
      name,
      "",
      "is Terraform's JSON configuration",
      "use terraform output -json",
      "nothing was compared",
    );
  if (name.endsWith(".json") || (!/\.(tf|tfvars)$/.test(name) && text.trimStart().startsWith("{")))
    return readTerraformJson(text, name);
  const defaults = name.endsWith(".tf") || (!name.endsWith(".tfvars") && /^\s*variable\s+"/m.test(text));
  return defaults ? readVariableDefaults(text, name, wanted) : readTfvars(text, name, wanted);
}

function filesOf(source: string, dir: string): string[] {
  if (source === standardInput || !isFolder(path.resolve(dir, source))) return [source];
  const names = fs.readdirSync(path.resolve(dir, source)).sort();
  const files = [
    ...names.filter((name) => name.endsWith(".tf")),
    ...["terraform.tfvars", "terraform.tfvars.json"].filter((name) => names.includes(name)),
    ...names.filter((name) => /\.auto\.tfvars(\.json)?$/.test(name)),
  ].map((name) => path.join(source, name));
  if (files.length === 0)
    throw UserError.of(source, "", "contains no .tf and no .tfvars file", "name a file", "nothing was compared");
  return files;
}

function isFolder(place: string): boolean {
  return fs.statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function readText(file: string, dir: string): string {
  try {
    return fs.readFileSync(file === standardInput ? 0 : path.resolve(dir, file), "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const problem = reason === "ENOENT" ? "does not exist" : `cannot be read (${reason})`;
    throw UserError.of(
      file,
      "",
      problem,
      "name a .tfvars, .tfvars.json, .tf or the output of terraform output -json",
      "nothing was compared",
    );
  }
}
