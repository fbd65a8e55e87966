import type { Problem } from "../../../kit/user-error";
import { accessProblem } from "../start/preflight";
import type { Context, Tool } from "./context";
import { findAptProblem } from "./debian";
import { findDiskProblem, neededBytes } from "./disk";
import { findTool } from "./find";
import { findGoProblem } from "./go";
import { findPipProblem } from "./pypi";
import { recipeNameOf, recipes, type Recipe, type ToolName } from "./recipes";

/** The recipes to carry out, in their order. */
export type Plan = [name: string, recipe: Recipe][];

/** Which of the tools are there, and what it takes to get the others. Looks only. */
export async function planTools(
  names: readonly ToolName[],
  context: Context,
): Promise<{ found: Map<ToolName, Tool>; plan: Plan }> {
  const found = new Map<ToolName, Tool>();
  await Promise.all(
    [...new Set(names)].map(async (name) => {
      const tool = await findTool(name, context);
      if (tool !== undefined) found.set(name, tool);
    }),
  );
  const wanted = new Set(names.filter((name) => !found.has(name)).map(recipeNameOf));
  return { found, plan: [...recipes].filter(([name]) => wanted.has(name)) };
}

/** What the machine lacks for a plan (Go, pip, apt, disk, a cache that can be written), all of it. Looks only. */
export async function planProblems(plan: Plan, context: Context): Promise<Problem[]> {
  if (plan.length === 0) return [];
  const needs: Promise<Problem | undefined>[] = plan.map(([name, recipe]) => {
    if (recipe.from === "pypi") return findPipProblem(name, context);
    if (recipe.from === "debian") return findAptProblem(name, context);
    return findGoProblem(name, recipe, context);
  });
  const all = plan.map(([, recipe]) => recipe);
  needs.push(findDiskProblem(all, context), accessProblem(context.cache, context.env));
  return (await Promise.all(needs)).filter((problem) => problem !== undefined);
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
