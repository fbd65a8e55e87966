import * as fs from "node:fs/promises";
import * as path from "node:path";

import type { Problem } from "../../../kit/user-error";
import { isNotFound } from "../../../kit/files";
import type { Context } from "./context";
import type { Recipe } from "./recipes";

const megabyte = 1_000_000;

/** Bytes that an ordinary user may still write where a folder lies or will lie. */
export async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await fs.statfs(folder);
    return bavail * bsize;
  } catch (error) {
    const parent = path.dirname(folder);
    if (!isNotFound(error) || parent === folder) throw error;
    return freeBytes(parent);
  }
}

/**
 * The disk that recipes need when they are carried out one after the other: everything that stays, and the largest of
 * the working folders, since each is removed before the next is made. In bytes.
 */
export function neededBytes(recipes: readonly Recipe[]): number {
  const kept = recipes.reduce((sum, recipe) => sum + recipe.keptMegabytes, 0);
  const peaks = (downloads: boolean): number =>
    Math.max(0, ...recipes.filter((r) => (r.from !== "go") === downloads).map((r) => r.peakMegabytes));
  return (kept + peaks(false) + peaks(true)) * megabyte; // one build and one download go on at a time
}

/**
 * The problem to report where the disk is too small, with need and free space; undefined where it will do.
 *
 * @param downloads bytes that are needed beside the recipes
 */
export async function findDiskProblem(
  recipes: readonly Recipe[],
  context: Context,
  downloads = 0,
): Promise<Problem | undefined> {
  const need = neededBytes(recipes) + downloads;
  const free = await context.freeBytes(context.cache);
  if (free >= need) return undefined;
  return {
    file: context.cache,
    key: "",
    problem: `getting the tools that are missing needs ${formatBytes(need)} of disk, but only ${formatBytes(free)} are free here`,
    remedy: "make room, or set ALLOY_CACHE to a folder on a larger disk",
  };
}

/** `1.4 GB` or `350 MB`. */
export function formatBytes(bytes: number): string {
  return bytes >= 1_000 * megabyte
    ? `${(bytes / (1_000 * megabyte)).toFixed(1)} GB`
    : `${Math.round(bytes / megabyte)} MB`;
}
