import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import * as lockfile from "proper-lockfile";

import type { Context } from "./context";
import { formatDuration } from "./durations";

const pollMs = 1_000;
const reportEveryMs = 30_000;

/**
 * Runs `work` as the only process that carries out this recipe on the cache. While another one does, this one says so
 * and waits; `work` should then look first for what the other has finished. The lock of a process that was killed is
 * taken over when it has not been renewed for `lockStaleMs`.
 */
export async function withLock<T>(recipeName: string, context: Context, work: () => Promise<T>): Promise<T> {
  const release = await acquire(recipeName, context);
  try {
    return await work();
  } finally {
    await release();
  }
}

/** True while a living process carries out this recipe. */
export async function isLocked(recipeName: string, context: Context): Promise<boolean> {
  return lockfile.check(lockPath(recipeName, context), { realpath: false, stale: context.lockStaleMs });
}

async function acquire(recipeName: string, context: Context): Promise<() => Promise<void>> {
  const file = lockPath(recipeName, context);
  await fs.mkdir(path.dirname(file), { recursive: true });
  const startedAt = Date.now();
  for (let reportAt = startedAt; ;) {
    context.signal.throwIfAborted();
    try {
      return await lockfile.lock(file, {
        realpath: false, // there is no file to lock, only the lock itself
        stale: context.lockStaleMs,
        onCompromised: (error) => {
          // Happens after a long sleep of the machine. Two at work harm nothing: each has a folder of its own, and a
          // finished tool is put in place in one step.
          context.progress(recipeName, `goes on although its lock was lost: ${error.message}`);
        },
      });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ELOCKED")) throw error;
    }
    if (Date.now() >= reportAt) {
      const waited = formatDuration(Date.now() - startedAt);
      context.progress(recipeName, `another process is getting it; waiting for that one (${waited} so far)`);
      reportAt += reportEveryMs;
    }
    await sleep(pollMs, undefined, { signal: context.signal });
  }
}

function lockPath(recipeName: string, context: Context): string {
  return path.join(context.cache, "locks", recipeName);
}
