import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { isNotFound } from "../../../kit/files";
import type { VolumeFiles } from "./volumes";

/** Owner of what is written; undefined leaves it with the agent's own user. */
export interface Owner {
  uid?: number;
  gid?: number;
}

/**
 * Brings a volume's folder to the given files in one step, the way a kubelet does: a new folder `..<time>`, the
 * symlink `..data` renamed onto it, and one symlink a top-level name through `..data`. A reader sees all old files or
 * all new ones. Gives false where nothing had to change.
 */
export async function writeVolume(folder: string, files: VolumeFiles, owner: Owner = {}): Promise<boolean> {
  await fs.mkdir(folder, { recursive: true, mode: 0o755 });
  const old = await fs.readlink(path.join(folder, "..data")).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (old !== undefined && (await isSame(path.join(folder, old), files))) return false;

  const fresh = `..${new Date().toISOString().replace(/[:T]/g, "_").replace("Z", "")}.${randomBytes(4).toString("hex")}`;
  const freshFolder = path.join(folder, fresh);
  await fs.mkdir(freshFolder);
  await fs.chmod(freshFolder, 0o755);
  for (const [name, file] of files) {
    const target = path.join(freshFolder, name);
    await fs.mkdir(path.dirname(target), { recursive: true, mode: 0o755 });
    // For nobody else until it has its owner: others could open it in between, and keep it open.
    await fs.writeFile(target, file.data, { mode: 0o600, flag: "wx" });
    await own(target, { gid: owner.gid, uid: file.uid ?? owner.uid });
    // With an owning group the kubelet lets the group read what the owner reads (SetVolumeOwnership).
    await fs.chmod(target, owner.gid === undefined ? file.mode : file.mode | 0o440);
  }
  const temporary = path.join(folder, "..data_tmp");
  await fs.rm(temporary, { force: true });
  await fs.symlink(fresh, temporary);
  await fs.rename(temporary, path.join(folder, "..data"));
  await linkNames(folder, new Set([...files.keys()].map((name) => name.split("/")[0] ?? name)));
  if (old !== undefined) await fs.rm(path.join(folder, old), { recursive: true, force: true });
  return true;
}

async function linkNames(folder: string, names: Set<string>): Promise<void> {
  const present = (await fs.readdir(folder)).filter((name) => !name.startsWith(".."));
  for (const name of names) {
    if (!present.includes(name)) await fs.symlink(path.join("..data", name), path.join(folder, name));
  }
  for (const name of present) {
    if (!names.has(name)) await fs.rm(path.join(folder, name));
  }
}

async function own(file: string, owner: Owner): Promise<void> {
  if (owner.uid === undefined && owner.gid === undefined) return;
  await fs.chown(file, owner.uid ?? process.getuid?.() ?? -1, owner.gid ?? process.getgid?.() ?? -1);
}

async function isSame(folder: string, files: VolumeFiles): Promise<boolean> {
  const present: string[] = [];
  for (const entry of await fs.readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) present.push(path.relative(folder, path.join(entry.parentPath, entry.name)));
  }
  if (present.length !== files.size) return false;
  for (const [name, file] of files) {
    if (!present.includes(name)) return false;
    if (!(await fs.readFile(path.join(folder, name))).equals(file.data)) return false;
  }
  return true;
}
