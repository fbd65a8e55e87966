import * as fs from "node:fs/promises";
import * as path from "node:path";

import { UserError } from "../../../kit/user-error";
import { readJson, writeJson } from "../../../kit/files";
import { expectedChecksum } from "./checksums";
import type { Context } from "./context";
import { FetchError, type Client } from "./download-client";
import { fetchFile, sha256Of } from "./fetch-file";
import { withLock } from "./locks";
import { mirrored, pinHash, type Release } from "./releases";
import { unpack } from "./unpack";
import { replaceFolder, withWorkFolder } from "./work-folder";

/** What was verified about a download, kept beside what came out of it. */
export interface ReleaseRecord {
  url: string;
  sha256: string;
  bytes: number;
  /** Who said what it has to hash to. */
  saidBy: string;
  /** See {@link pinHash}. */
  pin: string;
}

/** A release that lies in the cache, verified. */
export interface CachedRelease {
  folder: string;
  record: ReleaseRecord;
}

const recordName = ".release.json";

/** The release in the cache, if it is the one that is pinned now and whole; undefined otherwise. */
export async function findReleased(release: Release, cache: string): Promise<CachedRelease | undefined> {
  const folder = releaseFolder(release, cache);
  // Written last, so what has it is whole.
  const record = await readJson<ReleaseRecord>(path.join(folder, recordName));
  return record?.pin === pinHash(release) ? { folder, record } : undefined;
}

/** What `obtainRelease` needs. */
export interface ObtainOptions {
  client: Client;
  context: Context;
  onBytes: (there: number, total: number | undefined) => void;
  /** Looks at what was unpacked and throws FetchError where this machine cannot use it. */
  check: (folder: string) => Promise<void>;
}

/**
 * Downloads a release, verifies it, and only then unpacks it into the cache. A part that an interrupted attempt left is
 * gone on with.
 *
 * @throws FetchError where it cannot be had; UserError where it is not what it has to be
 */
export async function obtainRelease(release: Release, options: ObtainOptions): Promise<CachedRelease> {
  const { context, client } = options;
  const { name } = release;
  return withLock(name, context, async () => {
    const ready = await findReleased(release, context.cache);
    if (ready !== undefined) return ready;
    const expected = await expectedChecksum(release, client, context.env, context.signal);
    const url = mirrored(release.url, context.env);
    const part = path.join(
      context.cache,
      "downloads",
      `${name}-${release.version}-${pinHash(release).slice(0, 8)}.part`,
    );
    const begun = await fs.stat(part).catch(() => undefined); // absent: this is the first attempt
    const fetch = (): Promise<void> =>
      fetchFile(url, part, { client, signal: context.signal, onBytes: options.onBytes });
    await fetch();
    let sha256 = await sha256Of(part);
    if (sha256 !== expected.sha256 && begun !== undefined) {
      // The part that was there may have been of something else.
      await fs.rm(part);
      await fetch();
      sha256 = await sha256Of(part);
    }
    const { size } = await fs.stat(part);
    if (sha256 !== expected.sha256) {
      await fs.rm(part);
      throw wrongChecksum(release, url, size, sha256, expected.sha256, expected.saidBy);
    }
    return withWorkFolder(name, context, async (work) => {
      const target = path.join(work.results, name);
      await unpack(part, path.posix.basename(new URL(release.url).pathname), target, (file) => isWanted(file, release));
      await makeExecutable(release, target, url);
      await options.check(target);
      const record: ReleaseRecord = { url, sha256, bytes: size, saidBy: expected.saidBy, pin: pinHash(release) };
      await writeJson(path.join(target, recordName), record);
      const folder = releaseFolder(release, context.cache);
      await replaceFolder(target, folder, work);
      await fs.rm(part);
      return { folder, record };
    });
  });
}

function releaseFolder({ name, version }: Release, cache: string): string {
  return path.join(cache, "released", `${name}-${version}`);
}

function isWanted(file: string, { files, keep }: Release): boolean {
  return (
    keep.some((start) => file.startsWith(start)) ||
    Object.values(files).some((source) => file === source || isPlainYaml(file, source))
  );
}

/** Whether a file of a module is an object to apply: in the folder that is asked for, and no test data. */
export function isPlainYaml(file: string, folder: string): boolean {
  if (!file.startsWith(`${folder}/`)) return false;
  const parts = file.slice(folder.length + 1).split("/");
  const name = parts.pop() ?? "";
  return name.endsWith(".yaml") && name !== "kustomization.yaml" && !parts.includes("testdata");
}

/** Zip files and single files carry no mode. */
async function makeExecutable({ files, keep }: Release, folder: string, url: string): Promise<void> {
  for (const source of Object.values(files)) {
    const stats = await fs.stat(path.join(folder, source)).catch(() => undefined); // absent: told below
    if (stats === undefined) throw new FetchError(`${url} holds no ${source}`, false);
    if (stats.isFile()) await fs.chmod(path.join(folder, source), 0o755);
  }
  for (const source of keep) {
    const stats = await fs.stat(path.join(folder, source)).catch(() => undefined); // absent: this version has none
    if (stats?.isFile() === true) await fs.chmod(path.join(folder, source), 0o755);
  }
}

function wrongChecksum(
  { name, version }: Release,
  url: string,
  bytes: number,
  is: string,
  wanted: string,
  saidBy: string,
): UserError {
  return UserError.of(
    `${name} ${version}`,
    "",
    `what ${url} gave is not what was released: its ${bytes} bytes have the sha256 ${is}, but according to ${saidBy} it has to be ${wanted}; nothing of it was run`,
    "try again; if this does not help, tell whoever runs the proxy or the mirror, or build from source with ALLOY_DOWNLOADS=off",
  );
}
