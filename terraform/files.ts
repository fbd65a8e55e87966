import * as fs from "node:fs";
import * as path from "node:path";

import { nearest } from "../kit/nearest";
import { UserError } from "../kit/user-error";
import { joinSources, type Source } from "./declarations";
import { decodeText } from "./decode";
import { refuseForeignText, withoutWordsAround } from "./foreign-shapes";
import { readDeclarations, readTfvars, type IsWanted } from "./hcl";
import { readJsonDeclarations, readTerraformJson } from "./json";
import { isOverride, moduleFiles } from "./module-files";
import { plainName, type TerraformEntries } from "./values";

/** Stands for standard input as a source. */
export const standardInput = "-";

/** A file that is read. */
interface SourceFile {
  /** Relative to the folder that sources start from, or `-`. */
  file: string;
  override: boolean;
  /** The folder of the file was named, and all of it is read. */
  whole: boolean;
}

/**
 * Reads Terraform's values from files and folders; a later one wins, as with Terraform's own `-var-file`, and defaults
 * of variables count only if nobody sets them. Which files of a folder are read is told by {@link moduleFiles}.
 *
 * @param sources paths relative to `dir`, or `-`
 * @param wanted names whose lines are needed
 * @throws UserError where one cannot be read, or Terraform itself would refuse what they declare together
 */
export async function readTerraform(
  sources: readonly string[],
  dir: string,
  wanted: ReadonlySet<string>,
): Promise<TerraformEntries> {
  const read: Source[] = [];
  const seen = new Set<string>();
  for (const one of sources.flatMap((source) => filesOf(source, dir))) {
    const place = one.file === standardInput ? one.file : path.resolve(dir, one.file);
    // Named twice, as a file and with its folder: it declares everything once. Values of the later place win.
    const again = seen.has(place);
    seen.add(place);
    const name = one.file === standardInput ? "standard input" : one.file;
    const source = { ...(await readSource(readText(one.file, name, dir), name, wanted)), whole: one.whole };
    read.push({ ...source, override: one.override, module: path.dirname(place), ...(again && { declarations: [] }) });
  }
  return joinSources(read);
}

/** The values of one text, by its name's ending, or by its beginning where the name says nothing. */
export async function readOne(text: string, name: string, wanted: ReadonlySet<string>): Promise<TerraformEntries> {
  return joinSources([{ ...(await readSource(text, name, wanted)), module: "", override: false, whole: false }]);
}

async function readSource(
  text: string,
  name: string,
  wanted: ReadonlySet<string>,
): Promise<Pick<Source, "declarations" | "values">> {
  const none: TerraformEntries = new Map();
  if (/\.(tf|tofu)\.json$/.test(name)) return { declarations: readJsonDeclarations(text, name), values: none };
  const isWanted = nearOneOf(wanted);
  const known = /\.(tf|tofu|tfvars)$/.test(name);
  if (name.endsWith(".json") || (!known && (/^\s*[{["]/.test(text) || withoutWordsAround(text) !== undefined)))
    return { declarations: [], values: readTerraformJson(text, name) };
  if (/\.(tf|tofu)$/.test(name) || (!name.endsWith(".tfvars") && /^\s*(variable|output)\s+"/m.test(text)))
    return { declarations: await readDeclarations(text, name, isWanted), values: none };
  if (!known && !name.endsWith(".hcl")) refuseForeignText(text, name);
  return { declarations: [], values: await readTfvars(text, name, isWanted) };
}

/** Also a name that is near one, and Terragrunt's inputs: a report may have to say where they stand. */
function nearOneOf(wanted: ReadonlySet<string>): IsWanted {
  const names = [...wanted];
  const plain = new Set([...names, "inputs"].map(plainName));
  return (name) => plain.has(plainName(name)) || nearest(name, names) !== undefined;
}

function filesOf(source: string, dir: string): SourceFile[] {
  const place = path.resolve(dir, source);
  if (source === standardInput || !isFolder(place))
    return [{ file: source, override: isOverride(path.basename(source)), whole: false }];
  const files = moduleFiles(fs.readdirSync(place));
  if (files.length === 0)
    throw UserError.of(
      source,
      "",
      "contains no .tf, .tofu and .tfvars file",
      fs.existsSync(path.join(place, "terragrunt.hcl"))
        ? "it is a folder of Terragrunt's: pass what `terragrunt output -json` prints there"
        : "name a file",
      "nothing was compared",
    );
  return files.map(({ name, override }) => ({ file: path.join(source, name), override, whole: true }));
}

function isFolder(place: string): boolean {
  return fs.statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function readText(file: string, name: string, dir: string): string {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(file === standardInput ? 0 : path.resolve(dir, file));
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
  return decodeText(bytes, name);
}
