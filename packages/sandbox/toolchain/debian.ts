import * as fs from "node:fs/promises";
import * as path from "node:path";

import { UserError, type Problem } from "../../../kit/user-error";
import type { Context } from "./context";
import { executablesOnPath } from "./find";
import { findMissingLibraries, libraryFolders, writeLoaderScript } from "./libraries";
import { outputsOf, type RecipeOf } from "./recipes";
import { describe, downloadError, installHint, runCommand, tryCommand, type Command } from "./run";
import type { WorkFolder } from "./work-folder";

/** A library's own libraries (libselinux needs libpcre2) are as deep as it goes for the packages we take. */
const libraryRounds = 3;

type Shared = Pick<Command, "recipeName" | "context" | "cwd">;

/** The problem to report where the machine has no apt; undefined where it has. */
export async function findAptProblem(name: string, context: Context): Promise<Problem | undefined> {
  for (const command of ["apt-get", "dpkg-deb"]) {
    if ((await executablesOnPath(command, context.env)).length > 0) continue;
    return {
      file: describe(name),
      key: "",
      problem: `not on PATH in an accepted version and not in the cache; getting it takes a Debian or Ubuntu, and ${command} is not on PATH`,
      remedy: installHint(name),
    };
  }
  return undefined;
}

/**
 * Takes executables out of Debian packages into `<results>/<tool>/<tool>`, without root and without installing
 * anything. Libraries that the machine lacks are brought along, and then the tool is a script that calls the loader.
 */
export async function fetchFromDebian(
  name: string,
  recipe: RecipeOf<"debian">,
  folder: WorkFolder,
  context: Context,
): Promise<void> {
  const shared: Shared = { recipeName: name, context, cwd: folder.root };
  const unpacked = path.join(folder.root, "unpacked");
  const outputs = outputsOf(recipe);
  const programs = outputs.map(([, source]) => path.join(unpacked, source));
  for (const name of recipe.packages) {
    await fetchPackage(name, unpacked, shared);
    if (await exist(programs)) break;
  }
  if (!(await exist(programs))) {
    const where = `${recipe.packages.join(" and ")} of this release hold no ${outputs.map(([, s]) => s).join(", ")}`;
    throw UserError.of(describe(name), "", `the Debian packages ${where}`, installHint(name));
  }
  for (const [tool, source] of outputs) {
    const result = path.join(folder.results, tool);
    const program = path.join(unpacked, source);
    await fs.mkdir(result);
    if (await fetchLibraries(recipe, program, unpacked, shared)) {
      await writeLoaderScript(tool, program, unpacked, result, shared);
    } else {
      await fs.rename(program, path.join(result, tool));
    }
  }
}

/** Downloads a package and unpacks it; with old or missing package lists they are read again where root may do that. */
async function fetchPackage(name: string, unpacked: string, shared: Shared): Promise<void> {
  const download = { ...shared, command: "apt-get", args: ["download", name] };
  let output = await tryCommand(download);
  if (!output.ok && process.getuid?.() === 0) {
    await runCommand({ ...shared, command: "apt-get", args: ["update"] });
    output = await tryCommand(download);
  }
  if (!output.ok) {
    const quote = output.all.split("\n").find((line) => line.startsWith("E:")) ?? output.all.trim();
    const remedy = `run "apt-get update" as root and try again, or ${installHint(shared.recipeName)}`;
    throw /Unable to locate|no installation candidate/i.test(quote)
      ? UserError.of(describe(shared.recipeName), "", `apt knows no package ${name}: ${quote}`, remedy)
      : downloadError(shared.recipeName, quote);
  }
  // The version in the file's name is the Debian's choice: whatever was downloaded now is the newest of that name.
  const archive = (await fs.readdir(shared.cwd)).find((file) => file.startsWith(`${name}_`) && file.endsWith(".deb"));
  if (archive === undefined) throw new Error(`apt-get download ${name} left no ${name}_….deb`);
  await runCommand({ ...shared, command: "dpkg-deb", args: ["-x", archive, unpacked] });
}

/** Brings the libraries that the machine lacks for a program below `unpacked`; false where it lacks none. */
async function fetchLibraries(
  recipe: RecipeOf<"debian">,
  program: string,
  unpacked: string,
  shared: Shared,
): Promise<boolean> {
  let missing = await findMissingLibraries(program, [], shared);
  if (missing.length === 0) return false;
  const seen = new Set<string>();
  let packages: string[] = recipe.packages;
  for (let round = 0; missing.length > 0 && round < libraryRounds; round++) {
    const needed = await Promise.all(packages.map((name) => libraryPackages(name, shared)));
    packages = [...new Set(needed.flat())].filter((name) => !seen.has(name));
    for (const name of packages) {
      seen.add(name);
      await fetchPackage(name, unpacked, shared);
    }
    missing = await findMissingLibraries(program, await libraryFolders(unpacked), shared);
  }
  if (missing.length === 0) return true;
  throw UserError.of(
    describe(shared.recipeName),
    "",
    `needs libraries that neither this machine nor its packages have: ${missing.join(", ")}`,
    installHint(shared.recipeName),
  );
}

/** The library packages that a package names in its Depends; the C library is the machine's own. */
async function libraryPackages(name: string, shared: Shared): Promise<string[]> {
  const { stdout } = await tryCommand({ ...shared, command: "apt-cache", args: ["depends", "--important", name] });
  const names = [...stdout.matchAll(/^\s*\|?Depends: (z?lib[a-z0-9.+-]+)$/gm)].map((found) => found[1] ?? "");
  return names.filter((library) => library !== "libc6");
}

async function exist(files: string[]): Promise<boolean> {
  const found = await Promise.all(files.map((file) => fs.stat(file).catch(() => undefined))); // absent: not in this one
  return found.every((stats) => stats?.isFile() === true);
}
