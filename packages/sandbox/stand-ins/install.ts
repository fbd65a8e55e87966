import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as readline from "node:readline";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { UserError } from "../../../kit/user-error";
import { bundlePlugin, sourceHash } from "./bundle";

/** Where a resource plugin of this sandbox comes from. */
export interface InstalledPlugin {
  name: string;
  version: string;
  origin: "stand-in" | "path" | "plugin folder";
}

/** An official plugin found on this machine. */
export interface OfficialPlugin extends InstalledPlugin {
  origin: "path" | "plugin folder";
  /** The executable. */
  path: string;
}

/** The plugins that the program needs; the version is that of the SDK package, which decides what the engine asks for. */
export const PLUGINS = ["kubernetes", "random", "vault"] as const;
export type PluginName = (typeof PLUGINS)[number];

interface Record {
  plugins: InstalledPlugin[];
  /** `sourceHash()` of the stand-ins that were written. */
  hash: string;
}

/**
 * Puts `pulumi-resource-NAME` into `binDir` for every plugin that this machine does not have, neither on PATH nor in
 * the engine's plugin folder. `binDir` has to come first on the engine's PATH.
 *
 * What was decided stays decided (`plugins.json` in `binDir`): the states that a stand-in and an official plugin write
 * differ, so a sandbox keeps the set it started with. A stand-in whose source changed is written anew.
 */
export async function installStandIns(
  binDir: string,
  env: NodeJS.ProcessEnv = process.env,
  write: (name: PluginName, file: string) => Promise<void> = bundlePlugin,
): Promise<InstalledPlugin[]> {
  fs.mkdirSync(binDir, { recursive: true });
  const recordFile = path.join(binDir, "plugins.json");
  const before = readRecord(recordFile);
  const hash = sourceHash();
  const plugins = await planPlugins(binDir, env);
  const standIns = PLUGINS.filter((_name, index) => plugins[index]?.origin === "stand-in");
  await Promise.all(
    standIns.map(async (name) => {
      const file = path.join(binDir, `pulumi-resource-${name}`);
      if (before?.hash !== hash || !fs.existsSync(file)) await write(name, file);
    }),
  );
  const record: Record = { plugins, hash };
  const temporary = `${recordFile}.${process.pid}.tmp`;
  fs.writeFileSync(temporary, `${JSON.stringify(record, null, 2)}\n`);
  fs.renameSync(temporary, recordFile);
  return plugins;
}

/** Which plugins a sandbox has or would get, in the order of {@link PLUGINS}; writes nothing. */
export async function planPlugins(binDir: string, env: NodeJS.ProcessEnv = process.env): Promise<InstalledPlugin[]> {
  const recordFile = path.join(binDir, "plugins.json");
  const before = readRecord(recordFile);
  return Promise.all(
    PLUGINS.map(async (name): Promise<InstalledPlugin> => {
      const decided = before?.plugins.find((plugin) => plugin.name === name);
      const official = decided?.origin === "stand-in" ? undefined : await findOfficialPlugin(name, binDir, env);
      if (official !== undefined) return { name, version: official.version, origin: official.origin };
      if (decided !== undefined && decided.origin !== "stand-in") throw missing(name, decided, recordFile);
      return { name, version: sdkVersion(name), origin: "stand-in" };
    }),
  );
}

function missing(name: PluginName, decided: InstalledPlugin, recordFile: string): UserError {
  return UserError.of(
    recordFile,
    name,
    `this sandbox was started with the official plugin ${name} ${decided.version} (${decided.origin}), which is gone`,
    `run \`pulumi plugin install resource ${name} ${sdkVersion(name)}\`, or delete the sandbox and start a new one`,
  );
}

function readRecord(file: string): Record | undefined {
  if (!fs.existsSync(file)) return undefined;
  return JSON.parse(fs.readFileSync(file, "utf8")) as Record;
}

/** The pinned version of `@pulumi/NAME`. */
export function sdkVersion(name: PluginName): string {
  const manifest = require.resolve(`@pulumi/${name}/package.json`);
  return (JSON.parse(fs.readFileSync(manifest, "utf8")) as { version: string }).version;
}

/** Looks for the official plugin in the engine's order: PATH (without `binDir`), then its plugin folder. */
export async function findOfficialPlugin(
  name: PluginName,
  binDir: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<OfficialPlugin | undefined> {
  const executable = `pulumi-resource-${name}`;
  for (const folder of (env["PATH"] ?? "").split(path.delimiter)) {
    if (folder === "" || path.resolve(folder) === path.resolve(binDir) || holdsStandIn(folder, name)) continue;
    const file = path.join(folder, executable);
    if (isExecutable(file)) return { name, version: await versionOf(file), origin: "path", path: file };
  }
  const home = env["PULUMI_HOME"] || path.join(os.homedir(), ".pulumi");
  const wanted = sdkVersion(name);
  const found = pluginFolders(path.join(home, "plugins"), name)
    .filter(({ folder, version }) => satisfies(version, wanted) && isExecutable(path.join(folder, executable)))
    .sort((a, b) => compareVersions(b.version, a.version))[0];
  if (found === undefined) return undefined;
  return { name, version: found.version, origin: "plugin folder", path: path.join(found.folder, executable) };
}

/** The bin folder of another sandbox may be on PATH: its stand-ins are not official plugins. */
function holdsStandIn(folder: string, name: PluginName): boolean {
  const record = readRecord(path.join(folder, "plugins.json"));
  return record?.plugins.some((plugin) => plugin.name === name && plugin.origin === "stand-in") === true;
}

function pluginFolders(root: string, name: string): { folder: string; version: string }[] {
  if (!fs.existsSync(root)) return [];
  const pattern = new RegExp(`^resource-${name}-v(\\d+\\.\\d+\\.\\d+)$`);
  return fs.readdirSync(root).flatMap((entry) => {
    const version = pattern.exec(entry)?.[1];
    // `.partial` marks an installation that was interrupted.
    if (version === undefined || fs.existsSync(path.join(root, `${entry}.partial`))) return [];
    return [{ folder: path.join(root, entry), version }];
  });
}

/** The engine takes the same major version at the SDK's own number or above. */
function satisfies(version: string, wanted: string): boolean {
  return version.split(".")[0] === wanted.split(".")[0] && compareVersions(version, wanted) >= 0;
}

function compareVersions(a: string, b: string): number {
  const [x, y] = [a.split("."), b.split(".")];
  for (let i = 0; i < 3; i++) {
    const difference = Number(x[i]) - Number(y[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    // Not there, or not ours to run: both mean that it is no plugin.
    return false;
  }
}

/** Asks a plugin for its version: its first line is the port that it listens on. */
async function versionOf(file: string): Promise<string> {
  const child = spawn(file, [], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`${file} ended before it listened`)));
      readline.createInterface(child.stdout).once("line", (line) => resolve(Number(line)));
      setTimeout(() => reject(new Error(`${file} does not answer`)), 20_000).unref();
    });
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    return await new Promise<string>((resolve, reject) => {
      client.getPluginInfo(new Empty(), (error, info) => {
        client.close();
        if (error === null) resolve(info.getVersion());
        else reject(error);
      });
    });
  } finally {
    child.kill();
  }
}
