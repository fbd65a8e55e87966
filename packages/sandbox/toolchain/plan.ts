import type { Problem } from "../../../kit/user-error";
import { accessProblem } from "../start/preflight";
import type { Context, Tool } from "./context";
import { findAptProblem } from "./debian";
import { findDiskProblem, neededBytes } from "./disk";
import { findTool } from "./find";
import { findGoProblem } from "./go";
import { findPipProblem } from "./pypi";
import { toolReleases, type Release } from "./releases";
import { recipeNameOf, recipes, type Recipe, type ToolName } from "./recipes";

/** The recipes to carry out, in their order. */
export type Plan = [name: string, recipe: Recipe][];

/** The tools that are there, by name. Looks only. */
export async function findTools(names: readonly ToolName[], context: Context): Promise<Map<ToolName, Tool>> {
  const found = new Map<ToolName, Tool>();
  await Promise.all(
    [...new Set(names)].map(async (name) => {
      const tool = await findTool(name, context);
      if (tool !== undefined) found.set(name, tool);
    }),
  );
  return found;
}

/** The recipes that give tools; of one that builds several programs only those that are asked for. */
export function planRecipes(names: readonly ToolName[]): Plan {
  const wanted = new Set(names.map(recipeNameOf));
  const only = (recipe: Recipe): Recipe =>
    recipe.from === "go" ? { ...recipe, packages: pick(recipe.packages, names) } : recipe;
  return [...recipes].filter(([name]) => wanted.has(name)).map(([name, recipe]) => [name, only(recipe)]);
}

function pick<T>(record: Partial<Record<ToolName, T>>, names: readonly ToolName[]): Partial<Record<ToolName, T>> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => names.some((wanted) => wanted === name)));
}

/** How the tools that are missing are to be got. */
export interface ToolPlan {
  found: Map<ToolName, Tool>;
  /** What is downloaded as it was released, if its sites answer. */
  releases: Release[];
  /** What is built or fetched as a package in any case. */
  plan: Plan;
  /** What is built or fetched where no site answers. */
  offline: Plan;
}

/** Which of the tools are there, and what it takes to get the others. Looks only, and reaches no network. */
export async function planTools(names: readonly ToolName[], context: Context): Promise<ToolPlan> {
  const found = await findTools(names, context);
  const missing = names.filter((name) => !found.has(name));
  const releases = toolReleases(context).filter(({ files }) => missing.some((name) => files[name] !== undefined));
  const promised = new Set(releases.flatMap(({ files }) => Object.keys(files)));
  const plan = planRecipes(missing.filter((name) => !promised.has(name)));
  return { found, releases, plan, offline: planRecipes(missing) };
}

/** What the machine lacks for recipes and downloads (Go, pip, apt, disk, a cache to write to), all of it. Looks only. */
export async function planProblems(plan: Plan, releases: readonly Release[], context: Context): Promise<Problem[]> {
  if (plan.length === 0 && releases.length === 0) return [];
  const needs: Promise<Problem | undefined>[] = plan.map(([name, recipe]) => {
    if (recipe.from === "pypi") return findPipProblem(name, context);
    if (recipe.from === "debian") return findAptProblem(name, context);
    return findGoProblem(name, recipe.from === "go" ? recipe.group : undefined, context);
  });
  const all = plan.map(([, recipe]) => recipe);
  needs.push(findDiskProblem(all, context, unpackedBytes(releases)), accessProblem(context.cache, context.env));
  return (await Promise.all(needs)).filter((problem) => problem !== undefined);
}

/** A download and what comes out of it, which is two to four times as large. */
function unpackedBytes(releases: readonly Release[]): number {
  return releases.reduce((sum, { megabytes }) => sum + megabytes * 4_000_000, 0);
}

/** 100 Mbit/s. */
const usualBytesPerSecond = 12_500_000;

/** What a plan takes: an estimate from what was measured on 2 cores. */
export interface PlanCost {
  /** Builds go one after the other, downloads beside them. */
  seconds: number;
  downloadBytes: number;
  /** While it goes on, what stays included. */
  diskBytes: number;
  keptBytes: number;
}

export function costOf(plan: Plan, releases: readonly Release[] = []): PlanCost {
  const all = plan.map(([, recipe]) => recipe);
  const sum = (list: Recipe[], field: "typicalSeconds" | "downloadMegabytes" | "keptMegabytes"): number =>
    list.reduce((total, recipe) => total + recipe[field], 0);
  const lane = (builds: boolean): number =>
    sum(
      all.filter(({ from }) => (from === "go") === builds),
      "typicalSeconds",
    );
  const released = releases.reduce((total, { megabytes }) => total + megabytes * 1_000_000, 0);
  return {
    seconds: Math.max(lane(true), lane(false), Math.ceil(released / usualBytesPerSecond)),
    downloadBytes: sum(all, "downloadMegabytes") * 1_000_000 + released,
    diskBytes: neededBytes(all) + unpackedBytes(releases),
    keptBytes: sum(all, "keptMegabytes") * 1_000_000 + 3 * released,
  };
}
