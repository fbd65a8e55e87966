import * as fs from "node:fs/promises";

/** A TCP socket on which a process of this machine listens. */
export interface Listener {
  pid: number;
  port: number;
}

/** Every TCP port on which these processes listen; other users' processes show none. */
export async function listenersOf(pids: readonly number[]): Promise<Listener[]> {
  const ports = new Map<string, number>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const text = await fs.readFile(table, "utf8").catch(() => ""); // a machine without IPv6
    for (const { inode, port } of listeningSockets(text)) ports.set(inode, port);
  }
  const found = await Promise.all(
    pids.map(async (pid) => {
      // A process that has ended, or that is another user's, shows no descriptors.
      const descriptors = await fs.readdir(`/proc/${pid}/fd`).catch(() => []);
      const targets = await Promise.all(
        descriptors.map((descriptor) => fs.readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => "")),
      );
      return targets.flatMap((target) => {
        const port = ports.get(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? "");
        return port === undefined ? [] : [{ pid, port }];
      });
    }),
  );
  return found.flat();
}

/** The listening sockets in the text of /proc/net/tcp or tcp6 (proc(5): state 0A is LISTEN). */
export function listeningSockets(table: string): { inode: string; port: number }[] {
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === "0A")
    .map((fields) => ({ inode: fields[9] ?? "", port: parseInt(fields[1]?.split(":")[1] ?? "", 16) }));
}
