import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as semver from "semver";
import { judgePlugin, PLUGINS, type PluginName } from "../../../plugins/plugin-versions";
import { findExecutable, isExecutable, pluginFile, pluginVersion, sdkVersions } from "../../../plugins/plugins-on-path";
import { UserError } from "../../../kit/user-error";
import { cacheRoot } from "../paths";
import { findReleased } from "../toolchain/released";
import { pluginReleases } from "../toolchain/releases";
import { bundlePlugin, sourceHash } from "./bundle";

/** Where a resource plugin of this sandbox comes from. */
export interface InstalledPlugin {
  name: string;
  version: string;
  origin: "stand-in" | "path" | "plugin folder" | "release";
  /** The executable. */
  path: string;
}

/** An official plugin found on this machine. */
export interface OfficialPlugin extends InstalledPlugin {
  name: PluginName;
  origin: "path" | "plugin folder" | "release";
}

interface Record {
  plugins: InstalledPlugin[];
  /** `sourceHash()` of the stand-ins that were written. */
  hash: string;
}

/**
 * Writes a stand-in `pulumi-resource-NAME` into `binDir` for every plugin that this machine does not have, neither on
 * PATH, in the engine's plugin folder nor as a release that was downloaded. The engine finds all of them by
 * {@link offerPlugins}.
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
      const file = standInFile(binDir, name);
      if (before?.hash !== hash || !fs.existsSync(file)) await write(name, file);
    }),
  );
  const record: Record = { plugins, hash };
  const temporary = `${recordFile}.${process.pid}.tmp`;
  fs.writeFileSync(temporary, `${JSON.stringify(record, null, 2)}\n`);
  fs.renameSync(temporary, recordFile);
  return plugins;
}

/**
 * Which plugins a sandbox has or would get, in the order of {@link PLUGINS}; writes nothing.
 *
 * @throws UserError where an official one is too old, or has gone since the sandbox was started with it
 */
export async function planPlugins(binDir: string, env: NodeJS.ProcessEnv = process.env): Promise<InstalledPlugin[]> {
  const recordFile = path.join(binDir, "plugins.json");
  const before = readRecord(recordFile);
  return Promise.all(
    PLUGINS.map(async (name): Promise<InstalledPlugin> => {
      const decided = before?.plugins.find((plugin) => plugin.name === name);
      const official = decided?.origin === "stand-in" ? undefined : await findOfficialPlugin(name, binDir, env);
      if (official !== undefined) return accepted(official);
      if (decided !== undefined && decided.origin !== "stand-in") throw missing(name, decided, recordFile);
      return { name, version: sdkVersions()[name], origin: "stand-in", path: standInFile(binDir, name) };
    }),
  );
}

function standInFile(binDir: string, name: PluginName): string {
  return path.join(binDir, pluginFile(name));
}

/** The plugin, where the program can live with it; a UserError where it cannot. */
function accepted(plugin: OfficialPlugin): OfficialPlugin {
  const problem = judgePlugin({ ...plugin, onPath: plugin.origin === "path" }, sdkVersions());
  if (problem !== undefined) throw new UserError([problem]);
  return plugin;
}

function missing(name: PluginName, decided: InstalledPlugin, recordFile: string): UserError {
  return UserError.of(
    recordFile,
    name,
    `this sandbox was started with the official plugin ${name} ${decided.version} (${decided.origin}), which is gone`,
    `run \`pulumi plugin install resource ${name} ${sdkVersions()[name]}\`, or delete the sandbox and start a new one`,
  );
}

function readRecord(file: string): Record | undefined {
  if (!fs.existsSync(file)) return undefined;
  return JSON.parse(fs.readFileSync(file, "utf8")) as Record;
}

/** What a sandbox was started with, if it was. */
export function recordedPlugins(binDir: string): InstalledPlugin[] {
  return readRecord(path.join(binDir, "plugins.json"))?.plugins ?? [];
}

/**
 * Looks for the official plugin in the engine's order: PATH (without `binDir`), then its plugin folder; and last among the
 * releases that this program has downloaded.
 */
export async function findOfficialPlugin(
  name: PluginName,
  binDir: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<OfficialPlugin | undefined> {
  const executable = pluginFile(name);
  const file = findExecutable(
    executable,
    env,
    (folder) => path.resolve(folder) === path.resolve(binDir) || holdsStandIn(folder, name),
  );
  if (file !== undefined) return { name, version: await pluginVersion(file), origin: "path", path: file };
  const home = env["PULUMI_HOME"] || path.join(os.homedir(), ".pulumi");
  const wanted = sdkVersions()[name];
  const found = pluginFolders(path.join(home, "plugins"), name)
    .filter(({ folder, version }) => semver.satisfies(version, `^${wanted}`) && isOfficial(folder, name))
    .sort((a, b) => semver.rcompare(a.version, b.version))[0];
  if (found === undefined) return findReleasedPlugin(name, env);
  return { name, version: found.version, origin: "plugin folder", path: path.join(found.folder, executable) };
}

async function findReleasedPlugin(name: PluginName, env: NodeJS.ProcessEnv): Promise<OfficialPlugin | undefined> {
  const release = pluginReleases({ env }).find(({ files }) => files[pluginFile(name)] !== undefined);
  const cached = release === undefined ? undefined : await findReleased(release, cacheRoot(env));
  if (release === undefined || cached === undefined) return undefined;
  const file = path.join(cached.folder, release.files[pluginFile(name)] ?? "");
  return { name, version: release.version, origin: "release", path: file };
}

/** In a shell with a sandbox's environment the plugin folder is the sandbox's, with links to its stand-ins. */
function isOfficial(folder: string, name: PluginName): boolean {
  const file = path.join(folder, pluginFile(name));
  return isExecutable(file) && !holdsStandIn(path.dirname(fs.realpathSync(file)), name);
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
