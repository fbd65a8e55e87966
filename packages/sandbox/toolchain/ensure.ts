import * as path from "node:path";

import { UserError } from "../../../kit/user-error";
import { cacheRoot } from "../paths";
import type { Context, Origin, Progress, Tool, Tools } from "./context";
import { fetchFromDebian } from "./debian";
import { findDiskProblem, freeBytes } from "./disk";
import { askVersion, findInCache, isFolder } from "./find";
import { buildWithGo, copyFromGoModule } from "./go";
import { withLock } from "./locks";
import { planProblems, planTools, type Plan } from "./plan";
import { fetchFromPyPI } from "./pypi";
import { findVersion, formatVersion, satisfies } from "./ranges";
import { outputsOf, pinOf, type Recipe, type ToolName } from "./recipes";
import { installHint, withTicker } from "./run";
import { install, removeLeftovers, withWorkFolder, type WorkFolder } from "./work-folder";

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
 * Gives every tool that is asked for: from PATH where its version is accepted (versions.json), else from the cache,
 * else it is built or fetched into the cache. Builds go one after the other; a download may go on beside them. What a
 * machine lacks for that (Go, pip, apt, disk) is one UserError with every problem, before anything is started.
 */
export async function ensureTools(
  names: readonly ToolName[],
  progress: Progress,
  options: EnsureOptions = {},
): Promise<Tools> {
  const env = options.env ?? process.env;
  const stop = new AbortController();
  const context: Context = {
    cache: cacheRoot(env),
    env,
    progress,
    signal: options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]),
    lockStaleMs: options.lockStaleMs ?? 30_000,
    freeBytes: options.freeBytes ?? freeBytes,
  };
  const { found, plan } = await planTools(names, context);
  if (plan.length > 0) {
    const problems = await planProblems(plan, context);
    if (problems.length > 0) throw new UserError(problems);
    await removeLeftovers(context);
    const missing = names.filter((name) => !found.has(name));
    await carryOut(plan, context, stop, (tool) => found.set(tool.name, tool), missing);
  }
  const tools: Partial<Tools> = Object.fromEntries(found);
  return tools as Tools; // the contract: only the names that were asked for are filled
}

/** Two lanes, since a build keeps the processor busy and a download the network. One failure stops the other lane. */
async function carryOut(
  plan: Plan,
  context: Context,
  stop: AbortController,
  use: (tool: Tool) => void,
  missing: readonly ToolName[],
): Promise<void> {
  const lane = async (steps: Plan): Promise<void> => {
    for (const [name, recipe] of steps) {
      const made = await obtain(name, recipe, context);
      made.filter((tool) => missing.includes(tool.name)).forEach(use);
    }
  };
  let failure: { error: unknown } | undefined;
  const guarded = async (steps: Plan): Promise<void> => {
    try {
      await lane(steps);
    } catch (error) {
      failure ??= { error }; // a later one is only the echo of the stop
      stop.abort();
    }
  };
  await Promise.all([
    guarded(plan.filter(([, recipe]) => recipe.from === "go")),
    guarded(plan.filter(([, recipe]) => recipe.from !== "go")),
  ]);
  if (failure !== undefined) throw failure.error;
}

const origins: Record<Recipe["from"], Origin> = { go: "built", "go-files": "built", pypi: "pypi", debian: "debian" };

/** Carries out one recipe under its lock, or takes what another process has finished meanwhile. */
async function obtain(name: string, recipe: Recipe, context: Context): Promise<Tool[]> {
  return withLock(name, context, async () => {
    const tools = outputsOf(recipe).map(([tool]) => tool);
    const ready = await Promise.all(tools.map((tool) => findInCache(tool, context)));
    if (ready.every((tool) => tool !== undefined)) return ready;
    const diskProblem = await findDiskProblem([recipe], context); // others may have filled it since the first look
    if (diskProblem !== undefined) throw new UserError([diskProblem]);
    return withWorkFolder(name, context, (folder) =>
      withTicker(name, context, doing[recipe.from], async () => {
        await make(name, recipe, folder, context);
        const check = (tool: ToolName): Promise<string> => checkVersion(tool, name, recipe, folder, context);
        const versions = await Promise.all(tools.map(check)); // all are right before one is put in place
        return Promise.all(
          tools.map(async (tool, index): Promise<Tool> => {
            const version = versions[index] ?? pinOf(tool).version;
            const file = await install(tool, version, name, folder, context);
            return { name: tool, path: file, version, origin: origins[recipe.from] };
          }),
        );
      }),
    );
  });
}

const doing: Record<Recipe["from"], string> = {
  go: "building from source",
  "go-files": "fetching YAML files",
  pypi: "fetching a Python wheel",
  debian: "fetching a Debian package",
};

async function make(name: string, recipe: Recipe, folder: WorkFolder, context: Context): Promise<void> {
  switch (recipe.from) {
    case "go":
      return buildWithGo(name, recipe, folder, context);
    case "go-files":
      return copyFromGoModule(name, recipe, folder, context);
    case "pypi":
      return fetchFromPyPI(name, recipe, folder, context);
    case "debian":
      return fetchFromDebian(name, recipe, folder, context);
  }
}

/** The version that a new tool tells, which has to be the pinned one, or an accepted one of the machine's Debian. */
async function checkVersion(
  tool: ToolName,
  recipeName: string,
  recipe: Recipe,
  folder: WorkFolder,
  context: Context,
): Promise<string> {
  const pin = pinOf(tool);
  if (isFolder(recipeName) || pin.ask === undefined) return pin.version;
  const answer = await askVersion(path.join(folder.results, tool, tool), pin.ask, context.env);
  const version = findVersion(answer);
  if (version === undefined) throw new Error(`${tool} was made but does not tell its version: ${answer}`);
  const accepted = recipe.from === "debian" ? (pin.accepts ?? `=${pin.version}`) : `=${pin.version}`;
  if (satisfies(version, accepted)) return formatVersion(version);
  const message = `what was made is ${formatVersion(version)}, needed is ${accepted}`;
  if (recipe.from !== "debian") throw new Error(`${tool}: ${message}`);
  throw UserError.of(tool, "", message, installHint(recipeName));
}
