import * as path from "node:path";

import { UserError } from "../../../kit/user-error";
import type { Context, Tool } from "./context";
import { fetchFromDebian } from "./debian";
import { findDiskProblem } from "./disk";
import { askVersion, findMade, isFolder, sourceOf } from "./find";
import { buildWithGo, copyFromGoModule, fetchModules } from "./go";
import { clearGoCaches, clearOldGoCaches, withGoCaches } from "./go-caches";
import { withLock } from "./locks";
import type { Plan } from "./plan";
import { fetchFromPyPI } from "./pypi";
import { findVersion, formatVersion, satisfies } from "./ranges";
import { outputsOf, pinOf, type Recipe, type RecipeOf, type ToolName } from "./recipes";
import { installHint, withTicker, type Pace } from "./run";
import { install, withWorkFolder, type WorkFolder } from "./work-folder";

/** Two lanes, since a build keeps the processor busy and a download the network. One failure stops the other lane. */
export async function carryOut(
  plan: Plan,
  context: Context,
  stop: AbortController,
  use: (tool: Tool) => void,
): Promise<void> {
  const take = async (name: string, recipe: Recipe, pace?: Pace): Promise<void> => {
    (await obtain(name, recipe, context, pace)).forEach(use);
  };
  const builds = plan.flatMap(([name, recipe]) => (recipe.from === "go" ? [{ name, recipe }] : []));
  const fetchRest = async (): Promise<void> => {
    for (const [name, recipe] of plan) if (recipe.from !== "go") await take(name, recipe);
  };
  await together(stop, [buildAll(builds, context, take), fetchRest()]);
}

/** Waits for all of several works that stop when `stop` fires. The first failure stops the others, and is thrown. */
export async function together(stop: AbortController, works: readonly Promise<void>[]): Promise<void> {
  let failure: { error: unknown } | undefined;
  await Promise.all(
    works.map((work) =>
      work.catch((error: unknown) => {
        failure ??= { error }; // a later one is only the echo of the stop
        stop.abort();
      }),
    ),
  );
  if (failure !== undefined) throw failure.error;
}

interface Build {
  name: string;
  recipe: RecipeOf<"go">;
}

/** Builds one after the other; while one builds, the modules of the next are fetched. */
async function buildAll(
  builds: readonly Build[],
  context: Context,
  take: (name: string, recipe: Recipe, pace: Pace) => Promise<void>,
): Promise<void> {
  if (builds.length === 0) return clearOldGoCaches(context);
  await withGoCaches(context, async (user) => {
    const fetch = async (build: Build | undefined): Promise<void> => {
      if (build !== undefined) await fetchModules(build.name, build.recipe, context);
    };
    const usual = (some: readonly Build[]): number => some.reduce((sum, { recipe }) => sum + recipe.typicalSeconds, 0);
    const startedAt = Date.now();
    let fetched = fetch(builds[0]);
    for (const [index, { name, recipe }] of builds.entries()) {
      await fetched;
      // What earlier recipes have left helps this one, but not where it has to do without the room.
      if ((await findDiskProblem([recipe], context)) !== undefined) await clearGoCaches(context, user);
      fetched = fetch(builds[index + 1]);
      const secondsAfter = usual(builds.slice(index + 1));
      const done = usual(builds.slice(0, index));
      const factor = done === 0 ? 1 : (Date.now() - startedAt) / 1_000 / done;
      await Promise.all([take(name, recipe, { secondsAfter, factor }), fetched]);
    }
  });
}

/** Carries out one recipe under its lock, or takes what another process has finished meanwhile. */
async function obtain(name: string, recipe: Recipe, context: Context, pace?: Pace): Promise<Tool[]> {
  return withLock(name, context, async () => {
    const tools = outputsOf(recipe).map(([tool]) => tool);
    const ready = await Promise.all(tools.map((tool) => findMade(tool, context)));
    if (ready.every((tool) => tool !== undefined)) return ready;
    const diskProblem = await findDiskProblem([recipe], context); // others may have filled it since the first look
    if (diskProblem !== undefined) throw new UserError([diskProblem]);
    const work = async (folder: WorkFolder): Promise<Tool[]> => {
      await make(name, recipe, folder, context);
      const check = (tool: ToolName): Promise<string> => checkVersion(tool, name, recipe, folder, context);
      const source = sourceOf(name);
      const versions = await Promise.all(tools.map(check)); // all are right before one is put in place
      return Promise.all(
        tools.map(async (tool, index): Promise<Tool> => {
          const version = versions[index] ?? pinOf(tool).version;
          const file = await install(tool, version, name, folder, context);
          return { name: tool, path: file, version, origin: source, source };
        }),
      );
    };
    return withWorkFolder(name, context, (folder) =>
      withTicker(name, context, doing[recipe.from], () => work(folder), pace),
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
