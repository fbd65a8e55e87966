import * as fs from "node:fs";
import { createReadStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { ContainerLog } from "./cri-log";
import { writeJson } from "../../../kit/files";
import type { SandboxPaths } from "../paths";
import { workloadStatusFile, type WorkloadContainer, type WorkloadStatus } from "./workload-status";

const tickMs = 50;
const statusEveryMs = 250;

/** What a writer does. */
export interface WriterOptions {
  paths: SandboxPaths;
  containers: WorkloadContainer[];
  /** Lines to write, all containers together; undefined for no end. */
  lines: number | undefined;
  /** Lines a second, all containers together. */
  ratePerSecond: number;
  signal: AbortSignal;
}

const messages = [
  'level=info msg="request served" method=GET path=/api/items status=200',
  'level=info msg="order accepted" payment=card items=3',
  'level=debug msg="cache refreshed" entries=1284',
  'level=warn msg="upstream is slow" upstream=catalog attempt=1',
  'level=error msg="payment was declined" provider=demo code=card_expired',
];

/** The text of one line; its number is what a check of loss and doubles goes by. */
export function lineText(sequence: number): string {
  const message = messages[sequence % messages.length] ?? "";
  return `seq=${String(sequence).padStart(6, "0")} ${message} duration=${(sequence * 37) % 900}ms`;
}

/** How many lines are due after `elapsedMs`, at most `total`. */
export function linesDue(elapsedMs: number, ratePerSecond: number, total: number | undefined): number {
  return Math.min(Math.floor((elapsedMs * ratePerSecond) / 1000), total ?? Number.MAX_SAFE_INTEGER);
}

/** Writes lines to the containers in turn until all are written or `signal` is aborted; keeps the status file. */
export async function runWriter(options: WriterOptions): Promise<WorkloadStatus> {
  const { containers, lines, ratePerSecond, signal } = options;
  // The files are the truth: a writer that was killed may have written more than its status says.
  for (const container of containers) container.written = await countLines(container.file);
  const logs = containers.map((container) => new ContainerLog(container.file));
  const begin = Date.now();
  let done = 0;
  let reported = 0;
  const status = (): WorkloadStatus => ({
    pid: process.pid,
    asked: lines ?? null,
    done,
    finished: done === lines,
    written: containers.reduce((sum, container) => sum + container.written, 0),
    containers,
  });
  const report = async (): Promise<void> => {
    reported = Date.now();
    await writeJson(workloadStatusFile(options.paths), status());
  };
  await report();
  while (!signal.aborted && done !== lines) {
    const due = linesDue(Date.now() - begin, ratePerSecond, lines);
    writeDue(containers, logs, done, due);
    done = due;
    if (Date.now() - reported >= statusEveryMs) await report();
    await sleep(tickMs, undefined, { signal }).catch(() => undefined); // stopped: the loop ends
  }
  for (const log of logs) log.close();
  await report();
  return status();
}

/** Lines `from` to `to` of this start, each to the next container in turn, a container's lines in one write. */
function writeDue(containers: WorkloadContainer[], logs: ContainerLog[], from: number, to: number): void {
  for (const [index, container] of containers.entries()) {
    const count = share(to, index, containers.length) - share(from, index, containers.length);
    if (count === 0) continue;
    const first = container.written + 1;
    logs[index]?.write(
      "stdout",
      Array.from({ length: count }, (_unused, offset) => lineText(first + offset)),
    );
    container.written += count;
  }
}

/** How many of the first `lines` lines go to the container at `index`. */
function share(lines: number, index: number, containers: number): number {
  return Math.floor((lines + containers - 1 - index) / containers);
}

async function countLines(file: string): Promise<number> {
  if (!fs.existsSync(file)) return 0;
  let lines = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    for (const byte of chunk) if (byte === 0x0a) lines += 1;
  }
  return lines;
}
