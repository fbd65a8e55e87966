import { createHash, type Hash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { groupFolder, outputsOf, pinOf, recipes } from "./recipes";

/**
 * A hash of everything of ours that decides what a recipe gives: pins, packages, go.mod, go.sum and sources. A tool in
 * the cache with another fingerprint is made again. Durations and sizes do not count.
 */
export async function fingerprint(recipeName: string): Promise<string> {
  const recipe = recipes.get(recipeName);
  if (recipe === undefined) throw new Error(`no recipe is named ${recipeName}`);
  const {
    typicalSeconds: _seconds,
    downloadMegabytes: _download,
    peakMegabytes: _peak,
    keptMegabytes: _kept,
    ...inputs
  } = recipe;
  const hash = createHash("sha256").update(JSON.stringify(inputs));
  for (const [tool] of outputsOf(recipe)) hash.update(`\n${tool} ${pinOf(tool).version}`);
  if (recipe.from === "go") await addGroup(hash, recipe.group);
  return `${hash.digest("hex")}\n`;
}

/** Adds the main module of a group, with its sources, under names that hold wherever the folder lies. */
export async function addGroup(hash: Hash, group: string): Promise<void> {
  const folder = groupFolder(group);
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    hash.update(`\n${path.relative(folder, file)}\n`).update(await fs.readFile(file));
  }
}
