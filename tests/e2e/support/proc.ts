import * as fs from "node:fs/promises";

/** A socket on which a process of this machine listens. */
export interface Listener {
  pid: number;
  /** As ps shows it. */
  name: string;
  /** `127.0.0.1`; an IPv6 address as /proc writes it, in hexadecimal. */
  address: string;
  port: number;
}

/** These processes and everything that they have started and that still belongs to them. */
export async function withDescendants(roots: readonly number[]): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const entry of (await fs.readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    // Processes end while they are looked at.
    const stat = await fs.readFile(`/proc/${entry}/stat`, "utf8").catch(() => "");
    const parent = stat
      .slice(stat.lastIndexOf(")") + 1)
      .trim()
      .split(" ")[1];
    if (parent !== undefined) parents.set(Number(entry), Number(parent));
  }
  const found = new Set(roots);
  for (let before = 0; before !== found.size;) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found].filter((pid) => parents.has(pid));
}

/** Every TCP socket on which these processes listen, IPv4 and IPv6. */
export async function listenersOf(pids: readonly number[]): Promise<Listener[]> {
  const listening = new Map<string, { address: string; port: number }>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const text = await fs.readFile(table, "utf8").catch(() => ""); // a machine without IPv6
    for (const line of text.split("\n").slice(1)) {
      const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
      if (state !== "0A") continue; // proc(5): LISTEN
      const [address = "", port = ""] = local.split(":");
      listening.set(inode, { address: readableAddress(address), port: parseInt(port, 16) });
    }
  }
  const found: Listener[] = [];
  for (const pid of pids) {
    const name = (await fs.readFile(`/proc/${pid}/comm`, "utf8").catch(() => "ended")).trim();
    for (const descriptor of await fs.readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await fs.readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => "");
      const socket = listening.get(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? "");
      if (socket !== undefined) found.push({ pid, name, ...socket });
    }
  }
  return found;
}

// IPv4 addresses are one little-endian number.
function readableAddress(hexadecimal: string): string {
  if (hexadecimal.length !== 8) return hexadecimal;
  const bytes = Buffer.from(hexadecimal, "hex").reverse();
  return [...bytes].join(".");
}

/** The fields of /proc/PID/status: `Uid`, `CapEff`, `NoNewPrivs`, … */
export async function statusFields(pid: number): Promise<Record<string, string>> {
  const text = await fs.readFile(`/proc/${pid}/status`, "utf8");
  return Object.fromEntries(
    text.split("\n").flatMap((line) => {
      const at = line.indexOf(":");
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1).trim()]];
    }),
  );
}

/** Mount point to its options (`ro`, `rw`, …), as the process sees its file systems. */
export async function mountOptions(pid: number): Promise<Map<string, string[]>> {
  const text = await fs.readFile(`/proc/${pid}/mountinfo`, "utf8");
  return new Map(
    text
      .trim()
      .split("\n")
      .map((line) => {
        // proc(5): mount id, parent id, major:minor, root, mount point, options
        const fields = line.split(" ");
        return [fields[4] ?? "", (fields[5] ?? "").split(",")];
      }),
  );
}
