import * as fs from "node:fs";
import * as fsp from "node:fs/promises";
import * as path from "node:path";

import type { KubeApi } from "../servers/cluster/kube-api";
import type { SandboxPaths } from "../paths";

/** The longest line that a container runtime writes as one entry; a longer one becomes several, tagged P. */
const longestEntry = 16 * 1024;

/**
 * Times for log entries, as RFC 3339 with nanoseconds, each at least a microsecond after the one before: Alloy keeps
 * positions in microseconds and takes lines of one time for one line.
 */
export class EntryClock {
  private last = 0n;
  private readonly base = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();

  next(): string {
    const now = this.base + process.hrtime.bigint();
    this.last = now > this.last + 1000n ? now : this.last + 1000n;
    return formatNanoseconds(this.last);
  }
}

/** Nanoseconds since 1970 as `2026-01-02T03:04:05.000000000Z`. */
export function formatNanoseconds(time: bigint): string {
  const seconds = new Date(Number(time / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${(time % 1_000_000_000n).toString().padStart(9, "0")}Z`;
}

/** One line as a container runtime logs it: `<time> stdout F <line>`, split where it is too long. */
export function criEntries(time: () => string, stream: "stdout" | "stderr", line: string): string {
  let rest = Buffer.from(line, "utf8");
  let text = "";
  while (rest.length > longestEntry) {
    // Not within a character: its later bytes begin with the bits 10.
    let cut = longestEntry;
    while (((rest[cut] ?? 0) & 0xc0) === 0x80) cut -= 1;
    text += `${time()} ${stream} P ${rest.subarray(0, cut).toString("utf8")}\n`;
    rest = rest.subarray(cut);
  }
  return `${text}${time()} ${stream} F ${rest.toString("utf8")}\n`;
}

/** A container's log file, open for appending; counts the lines it was given. */
export class ContainerLog {
  lines = 0;
  private readonly clock = new EntryClock();
  private descriptor: number;

  constructor(private readonly file: string) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    this.descriptor = this.open();
  }

  /** Gives the file the name that a kubelet gives it, and begins a new one. */
  rotate(): void {
    this.close();
    const stamp = new Date()
      .toISOString()
      .replace(/[-:]|\.\d+Z/g, "")
      .replace("T", "-");
    fs.renameSync(this.file, `${this.file}.${stamp}`);
    this.descriptor = this.open();
  }

  // As containerd makes it: of root's group, and nobody else's.
  private open(): number {
    return fs.openSync(this.file, "a", 0o640);
  }

  /** Appends whole lines (without newlines) at once. Synchronous: a line counted is a line in the file. */
  write(stream: "stdout" | "stderr", lines: readonly string[]): void {
    const text = lines.map((line) => criEntries(() => this.clock.next(), stream, line)).join("");
    fs.writeSync(this.descriptor, text);
    this.lines += lines.length;
  }

  /** Appends one line as of another time. */
  writeAt(time: Date, line: string): void {
    fs.writeSync(
      this.descriptor,
      criEntries(() => formatNanoseconds(BigInt(time.getTime()) * 1_000_000n), "stdout", line),
    );
    this.lines += 1;
  }

  close(): void {
    fs.closeSync(this.descriptor);
  }
}

/** Where the log of a container lies, in the layout of /var/log/pods. */
export function containerLogFile(
  paths: SandboxPaths,
  pod: { node: string; namespace: string; name: string; uid: string },
  container: string,
): string {
  return path.join(paths.nodes, pod.node, "logs", `${pod.namespace}_${pod.name}_${pod.uid}`, container, "0.log");
}

/** Lets kwok serve log files as the logs of a pod's containers; the pod owns the object, so it goes with it. */
export async function serveLogs(
  api: KubeApi,
  pod: { namespace: string; name: string; uid: string },
  files: Record<string, string>,
): Promise<void> {
  for (const file of Object.values(files)) {
    await fsp.mkdir(path.dirname(file), { recursive: true });
    await fsp.appendFile(file, "", { mode: 0o640 });
  }
  await api.apply({
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "Logs",
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: pod.name, uid: pod.uid }],
    },
    spec: {
      logs: Object.entries(files).map(([container, logsFile]) => ({ containers: [container], logsFile, follow: true })),
    },
  });
}
