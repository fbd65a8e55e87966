import type { Problem } from "../../../kit/user-error";
import { accessProblem } from "../start/preflight";
import type { Context, Tool } from "./context";
import { findAptProblem } from "./debian";
import { findDiskProblem, neededBytes } from "./disk";
import { findTool } from "./find";
import { findGoProblem } from "./go";
import { findPipProblem } from "./pypi";
import type { Release } from "./releases";
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

/** Which of the tools are there, and what it takes to get the others where nothing can be downloaded. Looks only. */
export async function planTools(
  names: readonly ToolName[],
  context: Context,
): Promise<{ found: Map<ToolName, Tool>; plan: Plan }> {
  const found = await findTools(names, context);
  return { found, plan: planRecipes(names.filter((name) => !found.has(name))) };
}

/** What the machine lacks for recipes and downloads (Go, pip, apt, disk, a cache to write to), all of it. Looks only. */
export async function planProblems(plan: Plan, releases: readonly Release[], context: Context): Promise<Problem[]> {
  if (plan.length === 0 && releases.length === 0) return [];
  const needs: Promise<Problem | undefined>[] = plan.map(([name, recipe]) => {
    if (recipe.from === "pypi") return findPipProblem(name, context);
    if (recipe.from === "debian") return findAptProblem(name, context);
    return findGoProblem(name, recipe, context);
  });
  const all = plan.map(([, recipe]) => recipe);
  needs.push(findDiskProblem(all, context, unpackedBytes(releases)), accessProblem(context.cache, context.env));
  return (await Promise.all(needs)).filter((problem) => problem !== undefined);
}

/** A download and what comes out of it, which is two to four times as large. */
function unpackedBytes(releases: readonly Release[]): number {
  return releases.reduce((sum, { megabytes }) => sum + megabytes * 4_000_000, 0);
}

/** What a plan takes: an estimate from what was measured on 2 cores. */
export interface PlanCost {
  /** Builds go one after the other, downloads beside them. */
  seconds: number;
  downloadBytes: number;
  /** While it goes on, what stays included. */
  diskBytes: number;
  keptBytes: number;
}

export function costOf(plan: Plan): PlanCost {
  const all = plan.map(([, recipe]) => recipe);
  const sum = (list: Recipe[], field: "typicalSeconds" | "downloadMegabytes" | "keptMegabytes"): number =>
    list.reduce((total, recipe) => total + recipe[field], 0);
  const lane = (builds: boolean): number =>
    sum(
      all.filter(({ from }) => (from === "go") === builds),
      "typicalSeconds",
    );
  return {
    seconds: Math.max(lane(true), lane(false)),
    downloadBytes: sum(all, "downloadMegabytes") * 1_000_000,
    diskBytes: neededBytes(all),
    keptBytes: sum(all, "keptMegabytes") * 1_000_000,
  };
}
