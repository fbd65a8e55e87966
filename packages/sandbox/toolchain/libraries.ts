import * as fs from "node:fs/promises";
import * as path from "node:path";

import { tryCommand, type Command } from "./run";

type Shared = Pick<Command, "recipeName" | "context" | "cwd">;

/** The libraries that the loader does not find for a program, with `folders` searched too; none for a static one. */
export async function findMissingLibraries(program: string, folders: string[], shared: Shared): Promise<string[]> {
  const output = await listLibraries(program, folders, shared);
  return [...output.matchAll(/^\s*(\S+) => not found$/gm)].map((found) => found[1] ?? "");
}

/** The folders below an unpacked package that hold shared libraries. */
export async function libraryFolders(unpacked: string): Promise<string[]> {
  const entries = await fs.readdir(unpacked, { recursive: true, withFileTypes: true });
  return [...new Set(entries.filter((entry) => /\.so(\.|$)/.test(entry.name)).map((entry) => entry.parentPath))];
}

/**
 * Puts a program and its libraries below `result` and a script of the tool's name in front of it. The script calls the
 * loader itself: LD_LIBRARY_PATH would be handed on to everything that the program starts.
 */
export async function writeLoaderScript(
  tool: string,
  program: string,
  unpacked: string,
  result: string,
  shared: Shared,
): Promise<void> {
  const folders = await libraryFolders(unpacked);
  const loader = /^\s*(\/\S*\/ld-\S+)\s/m.exec(await listLibraries(program, folders, shared))?.[1];
  if (loader === undefined) throw new Error(`${tool}: ldd names no loader`);
  await fs.mkdir(path.join(result, "libexec"));
  await fs.rename(program, path.join(result, "libexec", tool));
  for (const folder of folders) {
    // Links between versions of a library stay links: their targets lie in the same folder.
    await fs.cp(folder, path.join(result, "lib"), { recursive: true, verbatimSymlinks: true });
  }
  const script = [
    "#!/bin/sh",
    'here=$(dirname "$(readlink -f "$0")")',
    `exec ${loader} --library-path "$here/lib" "$here/libexec/${tool}" "$@"`,
    "",
  ];
  await fs.writeFile(path.join(result, tool), script.join("\n"), { mode: 0o755 });
}

async function listLibraries(program: string, folders: string[], shared: Shared): Promise<string> {
  const env = folders.length === 0 ? {} : { LD_LIBRARY_PATH: folders.join(":") };
  return (await tryCommand({ ...shared, command: "ldd", args: [program], env })).stdout;
}
