import * as fs from "node:fs/promises";
import * as path from "node:path";

import { isNotFound, readJson, readText } from "../../../kit/files";

/** A lock of the engine's file backend (pulumi pkg/backend/diy/lock.go). */
interface EngineLock {
  pid: number;
  /** RFC 3339. */
  timestamp: string;
}

/**
 * Removes locks whose engine is gone: one that was killed leaves its lock, and every later command refuses to work
 * until somebody types `pulumi cancel`. A lock whose engine runs is somebody's work and stays; a process of another kind
 * that has its pid, as happens after a reboot, does not count.
 */
export async function releaseDeadLocks(backend: string): Promise<void> {
  const root = path.join(backend, ".pulumi", "locks");
  const files = await fs.readdir(root, { recursive: true }).catch((error: unknown) => {
    if (isNotFound(error)) return [];
    throw error;
  });
  for (const file of files.filter((name) => name.endsWith(".json"))) {
    const lock = await readJson<EngineLock>(path.join(root, file));
    if (lock !== undefined && !(await isEngine(lock.pid))) await fs.rm(path.join(root, file), { force: true });
  }
}

async function isEngine(pid: number): Promise<boolean> {
  const commandLine = (await readText(`/proc/${pid}/cmdline`).catch(() => undefined)) ?? ""; // it has ended
  return path.basename(commandLine.split("\0")[0] ?? "").startsWith("pulumi");
}
