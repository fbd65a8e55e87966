import { spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

import type { ContainerLog } from "../workload/cri-log";
import { startTimeOf } from "../../../kit/process-marks";
import { endProcess } from "../process/processes";
import { bubblewrapArgs, type BoxedProcess, type Isolation } from "./bubblewrap";

// Source: kubernetes pkg/kubelet/container/runtime.go (MaxContainerTerminationMessageLogLines, …LogLength)
const tailLines = 80;
const tailBytes = 2048;

/** How a container's process ended. */
export interface Ending {
  exitCode: number;
  signal?: number;
  /** The last line of its output: most often the reason. */
  lastLine: string;
  /** As much of the end of its output as a kubelet takes into a status (FallbackToLogsOnError). */
  tail: string;
}

/** A container's process, started. */
export interface RunningContainer {
  /** Process of the container itself (the first child of the box's pid 1), as this machine counts. */
  pid: number;
  startTime: string;
  ended: Promise<Ending>;
  /** SIGTERM, then SIGKILL after `graceMs`; returns when the process is gone. */
  stop(graceMs: number): Promise<void>;
}

/** Output of a container: a CRI log that the API server serves, and a plain file for people. */
export interface ContainerOutput {
  log: ContainerLog;
  plainFile: string;
}

/** Starts a container's process in its box. Output goes to both logs; the environment is exactly `env`. */
export async function startContainer(
  boxed: BoxedProcess,
  isolation: Isolation,
  env: Record<string, string>,
  output: ContainerOutput,
): Promise<RunningContainer> {
  fs.mkdirSync(path.dirname(output.plainFile), { recursive: true });
  const plain = fs.openSync(output.plainFile, "a");
  // The environment is handed over by inheritance: as arguments its values could be read by everybody (ps).
  const child = spawn(isolation.bwrap, ["--info-fd", "3", ...bubblewrapArgs(boxed, isolation)], {
    env,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let lastLine = "";
  let tail: string[] = [];
  const follow = (stream: "stdout" | "stderr", readable: Readable | null): void => {
    followLines(readable, (lines) => {
      output.log.write(stream, lines);
      fs.writeSync(plain, `${lines.join("\n")}\n`);
      lastLine = lines.at(-1) ?? lastLine;
      tail = [...tail, ...lines].slice(-tailLines);
    });
  };
  follow("stdout", child.stdout);
  follow("stderr", child.stderr);
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once("error", reject);
    // "close", not "exit": all output has arrived by then.
    child.once("close", (code, signal) => {
      fs.closeSync(plain);
      resolve({ ...endingOf(code, signal), lastLine, tail: tailText(tail) });
    });
  });
  ended.catch(() => undefined); // reported by the await below or by whoever waits for the end
  const pid = await Promise.race([insidePid(child), ended.then(() => undefined)]);
  const startTime = pid === undefined ? undefined : await startTimeOf(pid);
  return {
    pid: pid ?? 0,
    startTime: startTime ?? "ended",
    ended,
    async stop(graceMs) {
      if (pid !== undefined && startTime !== undefined) await endProcess({ pid, startTime }, graceMs);
      await ended;
    },
  };
}

/** The lines as one text of at most 2048 bytes, its end where there is more. */
export function tailText(lines: readonly string[]): string {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""), "utf8");
  return bytes.subarray(Math.max(0, bytes.length - tailBytes)).toString("utf8");
}

/** Exit code as a container runtime reports it: bubblewrap gives 128 + n for a process that signal n ended. */
export function endingOf(code: number | null, signal: NodeJS.Signals | null): { exitCode: number; signal?: number } {
  if (signal !== null) return { exitCode: 137, signal: 9 };
  const exitCode = code ?? 255;
  return exitCode > 128 && exitCode < 160 ? { exitCode, signal: exitCode - 128 } : { exitCode };
}

/** Process of the container's command, as this machine counts; undefined where it has ended already. */
async function insidePid(child: ChildProcess): Promise<number | undefined> {
  const init = await initPid(child);
  // Bubblewrap tells its pid a moment before it starts the command.
  while (init !== undefined && (await startTimeOf(init)) !== undefined) {
    const command = await childOf(init);
    if (command !== undefined) return command;
    await sleep(5);
  }
  return undefined;
}

/**
 * Bubblewrap tells the pid of the box's first process on the extra descriptor, as JSON in several writes. It is read
 * to its end: bubblewrap dies of a pipe that closes in between.
 */
function initPid(child: ChildProcess): Promise<number | undefined> {
  return new Promise((resolve) => {
    const info = child.stdio[3] as Readable | null;
    let text = "";
    info?.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1];
      if (pid !== undefined) resolve(Number(pid));
    });
    info?.on("end", () => resolve(undefined));
    info?.on("error", () => resolve(undefined)); // the process has ended; its exit code tells more
  });
}

async function childOf(parent: number): Promise<number | undefined> {
  for (const entry of await fs.promises.readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    // Processes end while they are looked at.
    const stat = await fs.promises.readFile(`/proc/${entry}/stat`, "utf8").catch(() => "");
    // After the command's name in brackets: state, then the parent's pid.
    if (
      stat
        .slice(stat.lastIndexOf(")") + 1)
        .trim()
        .split(" ")[1] === String(parent)
    )
      return Number(entry);
  }
  return undefined;
}

/** Calls with whole lines, several at once where they come fast; a last line without newline comes at the end. */
function followLines(readable: Readable | null, onLines: (lines: string[]) => void): void {
  let rest = "";
  readable?.setEncoding("utf8");
  readable?.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length > 0) onLines(lines);
  });
  readable?.on("end", () => {
    if (rest !== "") onLines([rest]);
  });
}
