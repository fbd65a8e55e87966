import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as semver from "semver";

/** A program that the engine starts as a plugin. */
export interface OfferedPlugin {
  kind: "resource" | "language" | "analyzer";
  name: string;
  /** Its own version. */
  version: string;
  /** What the engine asks for, where it asks for a version. */
  wanted?: string;
  /** The executable. */
  file: string;
}

/**
 * Puts a plugin into the sandbox's own plugin folder, as a link. A sandbox's engine looks nowhere else: found on PATH, each
 * plugin would be said to be so in every run, and more than once.
 *
 * @param home the sandbox's PULUMI_HOME
 */
export async function offerPlugin(home: string, { kind, name, version, wanted, file }: OfferedPlugin): Promise<void> {
  const root = path.join(home, "plugins");
  await removeLink(root); // an earlier sandbox's: to the folder of the person who started it
  await fs.mkdir(root, { recursive: true });
  const prefix = `${kind}-${name}-v`;
  for (const entry of await fs.readdir(root))
    if (entry.startsWith(prefix)) await fs.rm(path.join(root, entry), { recursive: true });
  // The engine goes by the folder's name. One from PATH may be older than what the SDK asks for, if the program can live
  // with it (plugins/plugin-versions.ts); on PATH nobody would have compared the two.
  const named = wanted !== undefined && semver.lt(version, wanted) ? wanted : version;
  const folder = path.join(root, `${prefix}${named.replace(/^v/, "")}`);
  await fs.mkdir(folder);
  await fs.symlink(file, path.join(folder, `pulumi-${kind}-${name}`));
}

async function removeLink(file: string): Promise<void> {
  const found = await fs.lstat(file).catch(() => undefined);
  if (found?.isSymbolicLink() === true) await fs.rm(file);
}
