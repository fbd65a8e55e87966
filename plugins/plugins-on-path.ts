import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import * as readline from "node:readline";

import { UserError } from "../kit/user-error";
import type * as ask from "./ask-version";
import { judgePlugin, PLUGINS, type PluginFound, type PluginName } from "./plugin-versions";

/**
 * Refuses a plugin that is on PATH and with which the program cannot live. The engine takes such a one before any in its
 * plugin folder and does not look at its version. Where there is none on PATH this costs nothing.
 *
 * @param names the plugins that the stack needs
 * @param env the environment that the engine has
 * @throws UserError with every plugin that is refused
 */
export async function refusePluginsOnPath(
  names: readonly PluginName[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  if (ignoresPath(env)) return;
  const found = await Promise.all(
    names.map(async (name): Promise<PluginFound[]> => {
      const file = findExecutable(pluginFile(name), env);
      return file === undefined ? [] : [{ name, path: file, version: await pluginVersion(file), onPath: true }];
    }),
  );
  const problems = found.flat().flatMap((plugin) => judgePlugin(plugin, sdkVersions()) ?? []);
  if (problems.length > 0) throw new UserError(problems);
}

/** Whether the engine is told to leave PATH alone, as it reads its own switch. */
export function ignoresPath(env: NodeJS.ProcessEnv): boolean {
  return /^(?:1|true)$/i.test(env["PULUMI_IGNORE_AMBIENT_PLUGINS"] ?? "");
}

/** `pulumi-resource-vault` */
export function pluginFile(name: PluginName): string {
  return `pulumi-resource-${name}`;
}

/** The pinned version of each `@pulumi/NAME`: what the engine is asked for. */
export function sdkVersions(): Record<PluginName, string> {
  const versions = PLUGINS.map((name) => {
    const manifest = require.resolve(`@pulumi/${name}/package.json`);
    return [name, (JSON.parse(fs.readFileSync(manifest, "utf8")) as { version: string }).version];
  });
  return Object.fromEntries(versions) as Record<PluginName, string>;
}

/** The first executable of that name on PATH in a folder that is not left out. */
export function findExecutable(
  name: string,
  env: NodeJS.ProcessEnv,
  leftOut: (folder: string) => boolean = () => false,
): string | undefined {
  return (env["PATH"] ?? "")
    .split(path.delimiter)
    .filter((folder) => folder !== "" && !leftOut(folder))
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

export function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    // Not there, or not ours to run: both mean that it is no plugin.
    return false;
  }
}

/**
 * Asks a plugin for its version: its first line is the port that it listens on. One that does not answer within 20 s,
 * or not as a plugin does, has the version that says so, and is refused for it.
 */
export async function pluginVersion(file: string): Promise<string> {
  const child = spawn(file, [], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", () => reject(new Error("it ended before it listened")));
      readline.createInterface(child.stdout).once("line", (line) => resolve(Number(line)));
      setTimeout(() => reject(new Error("it does not answer")), 20_000).unref();
    });
    // Who only looks for a file on PATH need not wait for what speaks to a plugin.
    const { askVersion } = require("./ask-version") as typeof ask;
    return await askVersion(port);
  } catch (error) {
    return `nothing (${error instanceof Error ? error.message : String(error)})`;
  } finally {
    child.kill();
  }
}
