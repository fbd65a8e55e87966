import * as fs from "node:fs/promises";
import * as path from "node:path";

import { isNotFound, readText } from "../../../kit/files";
import type { Context, Source, Tool } from "./context";
import { fingerprint } from "./fingerprint";
import { compareVersions, findVersion, formatVersion, satisfies } from "./ranges";
import { findReleased } from "./released";
import { releaseOf, type Release } from "./releases";
import { pinOf, recipeNameOf, recipes, type ToolName } from "./recipes";

/** Long enough for a busy machine, short enough for a tool that waits for input. */
const askTimeoutMs = 20_000;

/** The file in a finished tool's folder that says by which recipe it was made. */
export const stampFile = ".recipe";

/** The folder of finished tools. */
export function toolsFolder(cache: string): string {
  return path.join(cache, "tools");
}

/** A tool from PATH whose version is accepted, else the one in the cache, else undefined. */
export async function findTool(tool: ToolName, context: Context): Promise<Tool | undefined> {
  return (await findOnPath(tool, context)) ?? (await findInCache(tool, context));
}

/** The first accepted executable of that name on PATH; says which ones it passes over and why. */
export async function findOnPath(tool: ToolName, context: Context): Promise<Tool | undefined> {
  const pin = pinOf(tool);
  if (pin.beside !== undefined) return findBeside(tool, pin.beside, context);
  if (pin.accepts === undefined || pin.ask === undefined) return undefined;
  for (const file of await executablesOnPath(tool, context.env)) {
    // Our own cache is on PATH in a shell that was set up for the sandbox; what it holds is looked at later.
    if (!path.relative(toolsFolder(context.cache), file).startsWith("..")) continue;
    const answer = await askVersion(file, pin.ask, context.env);
    const version = findVersion(answer);
    if (version === undefined) {
      context.progress(tool, `${file} does not tell its version: passed over`);
    } else if (!satisfies(version, pin.accepts)) {
      context.progress(tool, `${file} is ${formatVersion(version)}, needed is ${pin.accepts}: passed over`);
    } else {
      return { name: tool, path: file, version: formatVersion(version), origin: "path", source: "path" };
    }
  }
  return undefined;
}

async function findBeside(tool: ToolName, other: ToolName, context: Context): Promise<Tool | undefined> {
  const silent: Context = { ...context, progress: () => undefined };
  const found = await findOnPath(other, silent);
  if (found === undefined) return undefined;
  for (const neighbour of [found.path, await fs.realpath(found.path)]) {
    const file = path.join(path.dirname(neighbour), tool);
    if (await isExecutable(file))
      return { name: tool, path: file, version: found.version, origin: "path", source: "path" };
  }
  return undefined;
}

/** A finished tool of the cache: one that was downloaded, or else one that was made by a recipe. */
export async function findInCache(tool: ToolName, context: Context): Promise<Tool | undefined> {
  const release = releaseOf(tool, context);
  const cached = release === undefined ? undefined : await findReleased(release, context.cache);
  if (release === undefined || cached === undefined) return findMade(tool, context);
  return { ...releasedTool(tool, release, cached.folder), origin: "cache" };
}

/** A tool of a release that lies in a folder. */
export function releasedTool(tool: ToolName, release: Release, folder: string): Tool {
  const file = path.join(folder, release.files[tool] ?? tool);
  return { name: tool, path: file, version: release.version, origin: "download", source: "download" };
}

/**
 * A finished tool that was made by its recipe as it stands now. The version of a Debian package depends on the machine's
 * Debian, so there every accepted version counts, the newest first.
 */
export async function findMade(tool: ToolName, context: Context): Promise<Tool | undefined> {
  const recipeName = recipeNameOf(tool);
  const stamp = await fingerprint(recipeName);
  for (const version of await cachedVersions(tool, recipeName, context.cache)) {
    const folder = path.join(toolsFolder(context.cache), `${tool}-${version}`);
    if ((await readText(path.join(folder, stampFile))) !== stamp) continue;
    const file = isFolder(recipeName) ? folder : path.join(folder, tool);
    if (isFolder(recipeName) || (await isExecutable(file))) {
      return { name: tool, path: file, version, origin: "cache", source: sourceOf(recipeName) };
    }
  }
  return undefined;
}

/** Who makes what a recipe gives; YAML files of a Go module are their makers' own. */
export function sourceOf(recipeName: string): Source {
  const from = recipes.get(recipeName)?.from;
  if (from === "pypi" || from === "debian") return from;
  return from === "go-files" ? "download" : "built";
}

/** Whether a recipe gives folders of files and not executables. */
export function isFolder(recipeName: string): boolean {
  return recipes.get(recipeName)?.from === "go-files";
}

async function cachedVersions(tool: ToolName, recipeName: string, cache: string): Promise<string[]> {
  const pin = pinOf(tool);
  if (recipes.get(recipeName)?.from !== "debian") return [pin.version];
  let names: string[] = [];
  try {
    names = await fs.readdir(toolsFolder(cache));
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const accepts = pin.accepts ?? `=${pin.version}`;
  return names
    .filter((name) => name.startsWith(`${tool}-`))
    .flatMap((name) => {
      const version = findVersion(name.slice(tool.length + 1));
      return version !== undefined && satisfies(version, accepts) ? [version] : [];
    })
    .sort((a, b) => compareVersions(b, a))
    .map(formatVersion);
}

/** What a tool prints when asked for its version; empty where it cannot be run, which the caller reports. */
export async function askVersion(file: string, ask: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { execa } = await import("execa"); // a static import of it fails under tsx
  const asked = await execa(file, [...ask], {
    env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    extendEnv: false,
    all: true,
    reject: false,
    stdin: "ignore",
    timeout: askTimeoutMs,
  });
  return asked.failed ? "" : asked.all;
}

/** Every executable of that name, in the order of PATH; a folder that two entries lead to (/bin, /usr/bin) counts once. */
export async function executablesOnPath(name: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const seen = new Set<string>();
  const files: string[] = [];
  for (const folder of (env["PATH"] ?? "").split(path.delimiter)) {
    const file = path.join(folder, name);
    if (!path.isAbsolute(folder) || !(await isExecutable(file))) continue;
    const real = await fs.realpath(folder);
    if (!seen.has(real)) files.push(file);
    seen.add(real);
  }
  return files;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await fs.access(file, fs.constants.X_OK);
    return (await fs.stat(file)).isFile();
  } catch {
    return false; // absent or not for us: either way it cannot be used
  }
}
