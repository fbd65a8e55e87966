import { createHash, randomInt } from "node:crypto";
import * as fs from "node:fs/promises";
import * as net from "node:net";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import getPort from "get-port";

import { UserError } from "../../../kit/user-error";
import { readJson, writeJson } from "../../../kit/files";
import { tryLock, waitForLock } from "./kernel-lock";
import { listeningSockets } from "./listeners";
import { sandboxPaths, type SandboxPaths } from "../paths";

const loopback = "127.0.0.1";
/**
 * Below the range from which the kernel takes ports of outgoing connections (32768 and above): one of those may have a
 * kept port for a while, and a restart would fail at random.
 */
const range = { first: 20_000, size: 10_000 };
/** More than a sandbox has listeners. */
const blockSize = 25;

/**
 * The port of one listener of the sandbox, chosen once and kept in `<root>/ports.json`, so that URLs in the stack's
 * state stay true after a restart.
 *
 * `name` tells the listeners apart (`loki-http`). Call it only when the listener is about to start: a kept port that
 * something else holds is a UserError that names the holder, since silently taking another one would break the URLs
 * that were handed out.
 */
export async function freePort(name: string, paths: SandboxPaths = sandboxPaths()): Promise<number> {
  await fs.mkdir(paths.root, { recursive: true });
  // Several processes settle ports (the commands and the node agent); without the lock two could write over each other.
  const file = path.join(paths.root, "ports.json");
  const release = await waitForLock(file, `port of ${name}`, 30_000);
  try {
    const kept = (await readJson<Record<string, number>>(file)) ?? {};
    const before = kept[name];
    if (before !== undefined) {
      await waitWhileClosing(before);
      if (await isFree(before)) return before;
      throw await portTaken(name, before, file);
    }
    const port = await choosePort(paths, Object.values(kept));
    await writeJson(file, { ...kept, [name]: port });
    return port;
  } finally {
    await release();
  }
}

/** A free port that no other sandbox of this machine is about to listen on. */
async function choosePort(paths: SandboxPaths, taken: number[]): Promise<number> {
  const exclude = [...taken];
  for (;;) {
    const port = await getPort({ host: loopback, port: candidates(paths), exclude });
    // Kept until this process ends: the listener comes later, and two sandboxes may start at the same moment.
    if ((await tryLock(`port ${port}`, paths.root)) !== undefined) return port;
    exclude.push(port);
  }
}

/**
 * First the sandbox's own block, which its folder decides: the port of one that is stopped should not be taken by
 * another that starts meanwhile. Behind it, at random, for a block that is used up or shared by chance.
 */
function candidates(paths: SandboxPaths): number[] {
  const blocks = range.size / blockSize;
  const block = createHash("sha256").update(paths.root).digest().readUInt32BE() % blocks;
  const own = Array.from({ length: blockSize }, (_unused, index) => range.first + block * blockSize + index);
  const others = Array.from({ length: 100 }, () => range.first + randomInt(range.size));
  return [...own, ...others];
}

/** True where a server could listen on 127.0.0.1:`port` now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: loopback, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A socket that nobody holds any more but the kernel has yet to close is worth a moment's waiting. */
async function waitWhileClosing(port: number): Promise<void> {
  const until = Date.now() + 3_000;
  while (Date.now() < until && !(await isFree(port)) && (await portHolder(port)) === undefined) await sleep(50);
}

/** The report that a kept port is somebody else's, with the holder's name where /proc tells it. */
export async function portTaken(name: string, port: number, file: string): Promise<UserError> {
  const holder = await portHolder(port);
  return UserError.of(
    file,
    name,
    `port ${port} is taken by ${holder ?? "a process of another user or a connection that is closing"}`,
    `end that process, or delete "${name}" from ${path.basename(file)} and start again with another port`,
  );
}

/** Who listens on a TCP port of this machine, as `process 123 (name)`; undefined where /proc does not tell. */
export async function portHolder(port: number): Promise<string | undefined> {
  const inodes = new Set<string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const text = await fs.readFile(table, "utf8").catch(() => ""); // no /proc, no answer
    for (const socket of listeningSockets(text)) if (socket.port === port) inodes.add(socket.inode);
  }
  if (inodes.size === 0) return undefined;
  const pids = (await fs.readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  for (const pid of pids) {
    // Other users' processes and those that ended meanwhile cannot be read; they are passed over.
    const descriptors = await fs.readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const target = await fs.readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => "");
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode === undefined || !inodes.has(inode)) continue;
      const name = await fs.readFile(`/proc/${pid}/comm`, "utf8").catch(() => "unknown");
      return `process ${pid} (${name.trim()})`;
    }
  }
  return undefined;
}
