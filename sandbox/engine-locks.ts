import * as fs from "node:fs/promises";
import * as path from "node:path";

import { isNotFound, readJson } from "./files";
import { startTimeOf } from "./proc-stat";

/** A lock of the engine's file backend (pulumi pkg/backend/diy/lock.go). */
interface EngineLock {
  pid: number;
  /** RFC 3339. */
  timestamp: string;
}

/**
 * Removes locks whose engine is gone: one that was killed leaves its lock, and every later command refuses to work
 * until somebody types `pulumi cancel`. A lock whose process runs is somebody's work and stays.
 */
export async function releaseDeadLocks(backend: string): Promise<void> {
  const root = path.join(backend, ".pulumi", "locks");
  const files = await fs.readdir(root, { recursive: true }).catch((error: unknown) => {
    if (isNotFound(error)) return [];
    throw error;
  });
  for (const file of files.filter((name) => name.endsWith(".json"))) {
    const lock = await readJson<EngineLock>(path.join(root, file));
    if (lock !== undefined && (await startTimeOf(lock.pid)) === undefined)
      await fs.rm(path.join(root, file), { force: true });
  }
}
