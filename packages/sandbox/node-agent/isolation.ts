import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { UserError } from "../../../kit/user-error";
import { bubblewrapArgs, type Isolation } from "./bubblewrap";

/** Programs that Alloy's image (Ubuntu) brings and that a container may call. */
const imagePrograms = [
  ...[
    "awk",
    "bash",
    "sh",
    "cat",
    "chgrp",
    "chmod",
    "chown",
    "cp",
    "cut",
    "date",
    "dirname",
    "du",
    "echo",
    "env",
    "false",
    "find",
    "grep",
  ],
  ...[
    "head",
    "id",
    "install",
    "ln",
    "ls",
    "mkdir",
    "mv",
    "printf",
    "readlink",
    "rm",
    "rmdir",
    "sed",
    "sleep",
    "sort",
    "stat",
  ],
  ...["sync", "timeout"],
  ...["tail", "test", "touch", "tr", "true", "wc", "whoami", "["],
];

/**
 * Finds out what this machine allows, by trying it: real ids where the agent is root, else a user namespace. Neither
 * is a UserError that says what to change.
 */
export async function findIsolation(bwrap: string): Promise<Isolation> {
  const common = { bwrap, programs: await findPrograms(), libraries: await findLibraries() };
  const setpriv = await firstFile(["/usr/bin/setpriv", "/bin/setpriv"]);
  const candidates: Isolation[] = [];
  for (const freshProc of [true, false]) {
    if (process.getuid?.() === 0 && setpriv !== undefined) {
      candidates.push({ ...common, mode: "real-ids", setpriv, freshProc });
    }
    candidates.push({ ...common, mode: "user-namespace", setpriv: undefined, freshProc });
  }
  // Real ids with any /proc are worth more than a fresh /proc.
  candidates.sort((a, b) => a.mode.localeCompare(b.mode));
  const failures: string[] = [];
  for (const isolation of candidates) {
    const failure = await tryOut(isolation);
    if (failure === undefined) return isolation;
    failures.push(`${isolation.mode}: ${failure}`);
  }
  throw UserError.of(
    "this machine",
    "",
    `processes cannot be boxed in with bubblewrap (${failures.join("; ")})`,
    "run as root, or allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1 or " +
      "kernel.apparmor_restrict_unprivileged_userns=0); a container needs CAP_SYS_ADMIN or an unconfined seccomp profile",
  );
}

/** Starts `id` as uid and gid 473 the way a collector is started; gives the reason where that fails. */
async function tryOut(isolation: Isolation): Promise<string | undefined> {
  const args = bubblewrapArgs(
    {
      identity: { uid: 473, gid: 473, groups: [], capabilities: [], readOnlyRoot: true },
      hostname: "probe",
      workingDir: "/",
      mounts: [],
      command: ["/usr/bin/id", "-u"],
    },
    isolation,
  );
  return new Promise((resolve) => {
    execFile(isolation.bwrap, args, { timeout: 10_000, env: {} }, (error, stdout, stderr) => {
      if (error === null && stdout.trim() === "473") resolve(undefined);
      else resolve((stderr || error?.message || `id answered ${stdout}`).trim().split("\n").slice(-1).join(""));
    });
  });
}

async function findPrograms(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of imagePrograms) {
    const file = await firstFile([`/usr/bin/${name}`, `/bin/${name}`]);
    if (file !== undefined) found[name] = file;
  }
  return found;
}

async function findLibraries(): Promise<Isolation["libraries"]> {
  const libraries: Isolation["libraries"] = [];
  for (const folder of ["/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib32", "/lib64"]) {
    const stat = await fs.lstat(folder).catch(() => undefined); // not on every distribution
    if (stat?.isSymbolicLink()) libraries.push({ link: folder, target: await fs.readlink(folder) });
    else if (stat?.isDirectory()) libraries.push({ folder });
  }
  return libraries;
}

/** The first that exists, with symlinks followed: a bind mount of a symlink would show the link's target anyway. */
async function firstFile(candidates: string[]): Promise<string | undefined> {
  for (const candidate of candidates) {
    const real = await fs.realpath(candidate).catch(() => undefined); // the next candidate
    if (real !== undefined) return path.resolve(real);
  }
  return undefined;
}
