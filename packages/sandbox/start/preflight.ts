import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { UserError, type Problem } from "../../../kit/user-error";
import { writeAtomically } from "../../../kit/files";
import type { SandboxPaths } from "../paths";
import { explainSystemError, elsewhere } from "../../../errors/system";
import { formatBytes, freeBytes } from "../toolchain/disk";

/** Room for a sandbox and its logs; measured after a first start: 130 MB, most of it etcd's files of fixed size. */
export const sandboxBytes = 500_000_000;

/** This program did not exist before: a clock that says so is wrong. */
const earliest = Date.parse("2026-01-01T00:00:00Z");

/** What the checks read of the machine; tests give their own. */
export interface Machine {
  freeBytes(folder: string): Promise<number>;
  /** Milliseconds since 1970. */
  now(): number;
}

const thisMachine: Machine = { freeBytes, now: () => Date.now() };

/** Refuses a place where a sandbox cannot be, with everything that is wrong at once, before anything is started. */
export async function checkPlace(paths: SandboxPaths, machine: Machine = thisMachine): Promise<void> {
  const unwritable = await unwritableProblem(paths.root);
  const problems = [
    unwritable,
    // Of a folder that does not exist nothing more can be said.
    unwritable === undefined ? await fullProblem(paths, machine) : undefined,
    await clockProblem(paths, machine),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new UserError(problems);
}

/** The problem that nothing can be written into a folder, which is made where it is missing; undefined where it can. */
async function unwritableProblem(folder: string): Promise<Problem | undefined> {
  const probe = path.join(folder, `.writable-${randomBytes(4).toString("hex")}`);
  try {
    await writeAtomically(probe, "");
    await fs.rm(probe);
    return undefined;
  } catch (error) {
    const known = explainSystemError(error)?.problems[0];
    if (known !== undefined) return { ...known, file: folder };
    const reason = error instanceof Error ? error.message : String(error);
    return { file: folder, key: "", problem: `cannot be written (${reason})`, remedy: elsewhere(folder) };
  }
}

/** The same without writing: by the permissions of the nearest folder that exists. */
export async function accessProblem(
  folder: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Problem | undefined> {
  let place = folder;
  while ((await fs.stat(place).catch(() => undefined)) === undefined && path.dirname(place) !== place) {
    place = path.dirname(place);
  }
  const known = await fs.access(`${place}/.`, fs.constants.W_OK | fs.constants.X_OK).then(
    () => undefined,
    (error: unknown) => explainSystemError(error, env)?.problems[0],
  );
  return known && { ...known, file: folder, remedy: elsewhere(folder, env) };
}

/** The problem that the disk has too little room for a sandbox that does not exist yet, or no room at all. */
export async function fullProblem(paths: SandboxPaths, machine: Machine = thisMachine): Promise<Problem | undefined> {
  const exists = (await fs.stat(paths.data).catch(() => undefined)) !== undefined;
  const need = exists ? sandboxBytes / 5 : sandboxBytes;
  const free = await machine.freeBytes(paths.root);
  if (free >= need) return undefined;
  return {
    file: paths.root,
    key: "",
    problem: `the sandbox needs ${formatBytes(need)} of disk, but only ${formatBytes(free)} are free here`,
    remedy: "make room, or set ALLOY_SANDBOX to a folder on a larger disk",
  };
}

/**
 * The problem that the clock is behind what the sandbox has seen. Certificates would not be valid yet, and Loki refuses
 * lines that are an hour behind their stream's newest: the proof would fail without a word on why.
 */
export async function clockProblem(paths: SandboxPaths, machine: Machine = thisMachine): Promise<Problem | undefined> {
  const now = machine.now();
  const time = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
  const mend = "set this machine's clock (`timedatectl set-ntp true`)";
  if (now < earliest) {
    return {
      file: "this machine",
      key: "clock",
      problem: `says ${time(now)}, which is before this program was written; downloads and certificates fail with it`,
      remedy: mend,
    };
  }
  const seen = await Promise.all(
    [paths.state, path.join(paths.root, "ports.json")].map((file) => fs.stat(file).catch(() => undefined)),
  );
  const newest = Math.max(0, ...seen.map((stats) => stats?.mtimeMs ?? 0));
  if (newest <= now + 60_000) return undefined;
  return {
    file: "this machine",
    key: "clock",
    problem: `says ${time(now)}, but this sandbox was in use at ${time(newest)} already`,
    remedy: `${mend}; if it is right now and was wrong then, start from nothing: npm run sandbox:down -- --purge`,
  };
}
