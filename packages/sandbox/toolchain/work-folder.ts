import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { isNotFound } from "../../../kit/files";
import { endOrphans } from "../process/orphans";
import type { Context } from "./context";
import { isFolder, stampFile, toolsFolder } from "./find";
import { fingerprint } from "./fingerprint";
import { isLocked } from "./locks";
import type { ToolName } from "./recipes";

/** Where one attempt at one recipe writes everything; removed when it ends, in whatever way it ends. */
export interface WorkFolder {
  root: string;
  /** One folder a tool: what goes into the cache. */
  results: string;
}

/**
 * Runs `work` with a folder of its own beside the finished tools. The caller holds the recipe's lock, so any folder of
 * the recipe that is there already was left by a process that was killed, and is removed.
 */
export async function withWorkFolder<T>(
  recipeName: string,
  context: Context,
  work: (folder: WorkFolder) => Promise<T>,
): Promise<T> {
  // A build outlives the command that started it; its compilers would go on writing into what is removed below.
  await endOrphans(context.cache);
  await removeLeftoversOf(recipeName, await namesIn(workRoot(context)), context);
  const root = path.join(workRoot(context), `${recipeName}.${process.pid}-${randomBytes(4).toString("hex")}`);
  const folder = { root, results: path.join(root, "results") };
  await fs.mkdir(folder.results, { recursive: true });
  try {
    return await work(folder);
  } finally {
    await removeFolder(root);
  }
}

/** Removes what killed attempts left behind, gigabytes of build caches at times. */
export async function removeLeftovers(context: Context): Promise<void> {
  const names = await namesIn(workRoot(context));
  for (const owner of new Set(names.map((name) => name.slice(0, name.indexOf("."))))) {
    // The list was read before the lock is looked at: what it names and nobody locks has no owner any more.
    if (!(await isLocked(owner, context))) await removeLeftoversOf(owner, names, context);
  }
}

async function removeLeftoversOf(owner: string, names: string[], context: Context): Promise<void> {
  for (const name of names.filter((name) => name.startsWith(`${owner}.`))) {
    context.progress(owner, "removing what an interrupted attempt left behind");
    await removeFolder(path.join(workRoot(context), name));
  }
}

/** Puts a tool that a recipe made into the cache, see {@link replaceFolder}. Gives the executable or the folder. */
export async function install(
  tool: ToolName,
  version: string,
  recipeName: string,
  folder: WorkFolder,
  context: Context,
): Promise<string> {
  const made = path.join(folder.results, tool);
  const target = path.join(toolsFolder(context.cache), `${tool}-${version}`);
  await fs.writeFile(path.join(made, stampFile), await fingerprint(recipeName));
  await replaceFolder(made, target, folder);
  return isFolder(recipeName) ? target : path.join(target, tool);
}

/**
 * Puts a folder in place by a rename, so that no other process ever sees a part of it. What is there already, of an
 * older pin, gives way; a process that runs it keeps its open file.
 */
export async function replaceFolder(made: string, target: string, folder: WorkFolder): Promise<void> {
  await fs.mkdir(path.dirname(target), { recursive: true });
  try {
    await fs.rename(target, path.join(folder.root, `old-${path.basename(target)}`));
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  await fs.rename(made, target);
}

function workRoot(context: Context): string {
  return path.join(context.cache, "build");
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await fs.readdir(folder);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

async function removeFolder(folder: string): Promise<void> {
  // Compilers of a build that was just stopped may still write for a moment.
  await fs.rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
