import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { UserError } from "../../../kit/user-error";
import { makeContext } from "../toolchain/ensure";
import { sha256Of } from "../toolchain/fetch-file";
import { findMade } from "../toolchain/find";
import { isToolName, type ToolName } from "../toolchain/recipes";
import { toolReleases, type Release } from "../toolchain/releases";
import { makeArchive, startReleaseSite } from "./release-site";

/**
 * `npx tsx packages/sandbox/tests/serve-releases.ts [port]`: serves the tools that were built into the cache as if they
 * were released, from this machine, in the layout of the official archives. It prints what to set so that `npm start`
 * downloads them, and serves until it is interrupted. So a first start with downloads can be tried and measured where
 * none of the real sites can be reached; the checksums are those of our builds, and the plugins are not there.
 */
async function main(port: number): Promise<void> {
  const context = makeContext((tool, text) => process.stderr.write(`${tool}: ${text}\n`), {});
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "releases-"));
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  const site = await startReleaseSite(port);
  try {
    const list: Record<string, unknown> = {};
    for (const release of split(toolReleases({ env: {} }))) {
      const entries = await entriesOf(release, context);
      if (entries === undefined) {
        process.stderr.write(`${release.name}: not in the cache, so it is not served\n`);
        continue;
      }
      const archive = path.join(folder, release.name, path.posix.basename(new URL(release.url).pathname));
      await makeArchive(archive, entries);
      site.serve(release.url, archive);
      const { name, version, megabytes, keep, url, files } = release;
      const pinned = { url, sha256: await sha256Of(archive), bytes: (await fs.stat(archive)).size, files };
      list[name] = { version, megabytes, keep, platforms: { [`${process.platform}-${process.arch}`]: pinned } };
    }
    const file = path.join(folder, "releases.json");
    await fs.writeFile(file, JSON.stringify(list, undefined, 2));
    process.stdout.write(`export ALLOY_MIRROR=${site.url} ALLOY_RELEASES=${file}\n`);
    await interrupted;
  } finally {
    await site.close();
    await fs.rm(folder, { recursive: true });
  }
}

/**
 * The language host that can be built is older than the engine, and has a version of its own: it needs another way of
 * starting the policy pack. So the two, which are released in one archive, are served in two.
 */
function split(releases: readonly Release[]): Release[] {
  const host = "pulumi-language-nodejs";
  return releases.flatMap((release) => {
    const { [host]: inside, ...files } = release.files;
    if (inside === undefined) return [release];
    const url = release.url.replace(/pulumi-v[\d.]+-/, `${host}-v3.68.0-`);
    const alone: Release = { ...release, name: host, version: "3.68.0", url, files: { [host]: inside } };
    return [{ ...release, files }, alone];
  });
}

/** Names in the archive to files of the cache; undefined where a tool is missing there. */
async function entriesOf(
  release: Release,
  context: Parameters<typeof findMade>[1],
): Promise<Record<string, string> | undefined> {
  const entries: Record<string, string> = {};
  const names = Object.keys(release.files).filter((name): name is ToolName => isToolName(name));
  for (const name of names) {
    const tool = await findMade(name, context);
    if (tool === undefined) return undefined;
    const inside = release.files[name] ?? name;
    if ((await fs.stat(tool.path)).isFile()) {
      entries[inside] = await fs.realpath(tool.path);
      for (const part of release.keep) await add(entries, path.join(path.dirname(tool.path), part), part);
    } else {
      await add(entries, tool.path, inside);
    }
  }
  return entries;
}

/** Adds every file below a folder, if there is one. */
async function add(entries: Record<string, string>, folder: string, inside: string): Promise<void> {
  const found = await fs.readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []); // absent: nothing to add
  for (const entry of found.filter((one) => one.isFile() && !one.name.startsWith("."))) {
    const file = path.join(entry.parentPath, entry.name);
    entries[path.posix.join(inside, path.relative(folder, file))] = file;
  }
}

main(Number(process.argv[2] ?? 0)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof UserError ? error.message : String((error as Error).stack)}\n`);
  process.exitCode = 1;
});
