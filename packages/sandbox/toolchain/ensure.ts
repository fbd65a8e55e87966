import * as path from "node:path";

import { UserError } from "../../../kit/user-error";
import { cacheRoot } from "../paths";
import { carryOut, together } from "./carry-out";
import type { Context, Progress, Tool, Tools } from "./context";
import { freeBytes } from "./disk";
import { downloadAll, reachable, type Downloads } from "./download";
import { FetchError } from "./download-client";
import { askVersion, releasedTool } from "./find";
import { findTools, planProblems, planRecipes, type Plan } from "./plan";
import { findVersion, formatVersion } from "./ranges";
import { isToolName, pinOf, type ToolName } from "./recipes";
import { toolReleases, type Release } from "./releases";
import { removeLeftovers } from "./work-folder";

export type { Origin, Progress, Tool, Tools } from "./context";
export { isToolName, toolNames, type ToolName } from "./recipes";

/** `signal` stops what goes on; the others are what tests set otherwise. */
export interface EnsureOptions {
  signal?: AbortSignal;
  env?: NodeJS.ProcessEnv;
  lockStaleMs?: number;
  freeBytes?: Context["freeBytes"];
}

/**
 * Gives every tool that is asked for: from PATH where its version is accepted (versions.json), else from the cache, else
 * what its makers have released, else it is built or fetched as a package. What a machine lacks for that (Go, pip, apt,
 * disk) is one UserError with every problem, before anything is started.
 */
export async function ensureTools(
  names: readonly ToolName[],
  progress: Progress,
  options: EnsureOptions = {},
): Promise<Tools> {
  const stop = new AbortController();
  const context = makeContext(progress, { ...options, stop: stop.signal });
  const found = await findTools(names, context);
  const missing = (): ToolName[] => [...new Set(names)].filter((name) => !found.has(name));
  const use = (tool: Tool): void => {
    if (names.includes(tool.name) && !found.has(tool.name)) found.set(tool.name, tool);
  };
  if (missing().length > 0) {
    const wanted = toolReleases(context).filter(({ files }) => missing().some((name) => files[name] !== undefined));
    const downloads = await reachable(wanted, "what lies there is built, or comes as a package", context);
    const promised = new Set(downloads?.releases.flatMap(({ files }) => Object.keys(files)));
    // What surely has to be built is begun beside the downloads; what could not be downloaded after all comes later.
    const plan = planRecipes(missing().filter((name) => !promised.has(name)));
    try {
      await refuse(plan, downloads?.releases ?? [], context);
    } catch (error) {
      await downloads?.client.close();
      throw error;
    }
    await removeLeftovers(context);
    const works = [carryOut(plan, context, stop, use)];
    if (downloads !== undefined) works.push(download(downloads, context, use));
    await together(stop, works);
    const rest = planRecipes(missing());
    await refuse(rest, [], context);
    await carryOut(rest, context, stop, use);
  }
  const tools: Partial<Tools> = Object.fromEntries(found);
  return tools as Tools; // the contract: only the names that were asked for are filled
}

/** Throws every problem of this machine with what is about to be done. */
async function refuse(plan: Plan, releases: readonly Release[], context: Context): Promise<void> {
  const problems = await planProblems(plan, releases, context);
  if (problems.length > 0) throw new UserError(problems);
}

async function download(downloads: Downloads, context: Context, use: (tool: Tool) => void): Promise<void> {
  const check = (release: Release, folder: string): Promise<void> => checkRelease(release, folder, context);
  await downloadAll(downloads, context, check, (release, { folder }) =>
    Object.keys(release.files)
      .filter(isToolName)
      .forEach((tool) => use(releasedTool(tool, release, folder))),
  );
}

/** What every step of one call shares. */
export function makeContext(progress: Progress, options: EnsureOptions & { stop?: AbortSignal }): Context {
  const env = options.env ?? process.env;
  const signals = [options.stop, options.signal].filter((signal) => signal !== undefined);
  return {
    cache: cacheRoot(env),
    env,
    progress,
    signal: AbortSignal.any(signals),
    lockStaleMs: options.lockStaleMs ?? 30_000,
    freeBytes: options.freeBytes ?? freeBytes,
  };
}

/** A released program has to run here (some need a C library that a small Linux lacks) and to be of its version. */
async function checkRelease(release: Release, folder: string, context: Context): Promise<void> {
  for (const [tool, source] of Object.entries(release.files)) {
    const ask = isToolName(tool) ? pinOf(tool).ask : undefined;
    if (ask === undefined) continue;
    const version = findVersion(await askVersion(path.join(folder, source), ask, context.env));
    if (version === undefined) throw new FetchError(`${tool} was downloaded and does not run on this machine`, false);
    if (formatVersion(version) === release.version) continue;
    throw new FetchError(`${tool} was downloaded and is ${formatVersion(version)}, not ${release.version}`, false);
  }
}
