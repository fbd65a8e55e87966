import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { isNotFound, readText } from "../../../kit/files";
import { startTimeOf } from "../../../kit/process-marks";
import { isRunning } from "../process/processes";
import type { Context } from "./context";
import { withLock } from "./locks";

/** An interrupted start is taken up again soon, or never. */
const keptMs = 24 * 3_600_000;
/** With less than this left, caches are not worth their room. */
const roomBytes = 5e9;
const megabyte = 1024 * 1024;

/**
 * The folder of Go's module and build caches. All recipes share them, since what one compiles (gRPC, the Kubernetes
 * libraries) serves the next, and an interrupted start goes on where it was.
 */
export function goCaches(cache: string): string {
  return path.join(cache, "go");
}

/**
 * Runs builds with the shared caches, and removes these afterwards, since they fill gigabytes: unless another process
 * still builds with them, or the builds did not end well and will be tried again.
 */
export async function withGoCaches<T>(context: Context, work: (user: string) => Promise<T>): Promise<T> {
  const user = path.join(usersFolder(context), `${process.pid}.${randomBytes(4).toString("hex")}`);
  await withLock(lockName, context, () => register(user));
  let done = false;
  try {
    const result = await work(user);
    done = true;
    return result;
  } finally {
    await fs.rm(user, { force: true });
    if (done || (await context.freeBytes(context.cache)) < roomBytes) await clearGoCaches(context);
    else context.progress("go", `what was compiled so far is kept for the next attempt, in ${goCaches(context.cache)}`);
  }
}

/**
 * Removes the shared caches, unless others build with them.
 *
 * @param user the caller's own entry, if it still has one, which does not count and goes on
 */
export async function clearGoCaches(context: Context, user?: string): Promise<void> {
  // The signal may have fired: what is to be removed then is so all the same.
  const calm: Context = { ...context, signal: new AbortController().signal };
  const removed = await withLock(lockName, calm, async () => {
    if (await isUsed(context, user)) return undefined;
    const trash = path.join(context.cache, "build", `${lockName}.${randomBytes(4).toString("hex")}`);
    await fs.mkdir(path.dirname(trash), { recursive: true });
    try {
      // In one step: Go takes a module's folder that is there for a whole one.
      await fs.rename(goCaches(context.cache), trash);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    if (user !== undefined) await register(user);
    return trash;
  });
  if (removed !== undefined) await fs.rm(removed, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** Removes caches that an interrupted start has left and that nobody has come back to for a day. */
export async function clearOldGoCaches(context: Context): Promise<void> {
  const stats = await fs.stat(usersFolder(context)).catch(() => undefined); // absent: nothing was left
  if (stats !== undefined && Date.now() - stats.mtimeMs > keptMs) await clearGoCaches(context);
}

const lockName = "go-caches";

function usersFolder(context: Context): string {
  return path.join(goCaches(context.cache), "users");
}

async function register(user: string): Promise<void> {
  await fs.mkdir(path.dirname(user), { recursive: true });
  await fs.writeFile(user, `${await startTimeOf(process.pid)}`);
}

/** True while a living process, or another call in this one, builds with the caches. */
async function isUsed(context: Context, except: string | undefined): Promise<boolean> {
  const names = await fs.readdir(usersFolder(context)).catch(() => []); // absent: no builds yet
  const alive = await Promise.all(
    names.map(async (name) => {
      const file = path.join(usersFolder(context), name);
      const startTime = file === except ? undefined : await readText(file);
      return startTime !== undefined && isRunning({ pid: Number.parseInt(name), startTime });
    }),
  );
  return alive.includes(true);
}

/**
 * Go's compilers collect no garbage below a limit that the machine's memory allows, which saves a seventh of a build's
 * time; on a machine with little memory they work as Go means them to.
 */
export function compilerMemory(
  availableBytes: number = process.constrainedMemory() || os.totalmem(),
  processors: number = os.availableParallelism(),
): NodeJS.ProcessEnv {
  // As many compilers as processors, the go command beside them, and half of the memory for everybody else.
  const share = Math.floor(Math.min(availableBytes, os.totalmem()) / 2 / (processors + 1) / megabyte);
  const limit = Math.min(share, 2_048);
  return limit < 600 ? {} : { GOGC: "off", GOMEMLIMIT: `${limit}MiB` };
}
