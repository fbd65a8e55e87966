import { createHash } from "node:crypto";
import * as net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Who holds a lock, as it says itself. */
export interface LockHolder {
  pid: number;
  /** What it does, as it is typed: `npm start`. */
  command: string;
  /** RFC 3339. */
  since: string;
}

/** Gives a lock back. */
export type Release = () => Promise<void>;

/**
 * Takes the lock of a name on this machine, or gives undefined where another process (or this one) has it.
 *
 * The lock is a listening socket in Linux's abstract namespace: the kernel gives it to one process and takes it back in
 * the moment that the process ends, also by SIGKILL. A file would have to be judged stale, by guesses at its age
 * (docs/decisions/0020). It holds within one network namespace, as everything that the sandbox listens on.
 */
export function tryLock(name: string, command: string): Promise<Release | undefined> {
  const holder: LockHolder = { pid: process.pid, command, since: new Date().toISOString() };
  const server = net.createServer((socket) => {
    socket.on("error", () => undefined); // whoever asked has gone: nobody is left to tell
    socket.end(JSON.stringify(holder));
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      if ("code" in error && error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen({ path: address(name) }, () => {
      server.unref(); // a lock alone is no reason for a process to live
      resolve(() => new Promise((released) => server.close(() => released())));
    });
  });
}

/** Like {@link tryLock}, for work of moments: waits for the holder, at most `timeoutMs`. */
export async function waitForLock(name: string, command: string, timeoutMs: number): Promise<Release> {
  for (const until = Date.now() + timeoutMs; ;) {
    const release = await tryLock(name, command);
    if (release !== undefined) return release;
    if (Date.now() >= until) {
      const holder = await lockHolder(name);
      throw new Error(`${name} is locked since ${timeoutMs / 1000} s${holder ? `, by process ${holder.pid}` : ""}`);
    }
    await sleep(20);
  }
}

/** Who holds the lock now; undefined where nobody does, or the holder does not answer within two seconds. */
export function lockHolder(name: string): Promise<LockHolder | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect({ path: address(name) });
    let text = "";
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on("data", (chunk) => (text += chunk.toString("utf8")));
    socket.on("error", () => undefined); // nobody listens; "close" follows
    socket.on("close", () => resolve(parseHolder(text)));
  });
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    return JSON.parse(text) as LockHolder;
  } catch {
    return undefined; // it ended in the middle of its answer
  }
}

/** At most 107 bytes are allowed, a path may have more. */
function address(name: string): string {
  return `\0detectviz-alloy-${createHash("sha256").update(name).digest("hex")}`;
}
