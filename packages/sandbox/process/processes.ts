import { spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { UserError } from "../../../kit/user-error";
import { isNotFound, readJson, readText, writeJson } from "../../../kit/files";
import { ownerMarks, startTimeOf } from "../../../kit/process-marks";
import { sandboxPaths, type SandboxPaths } from "../paths";
import { cleanEnvironment } from "./clean-environment";

/** What is known of a process of the sandbox; kept in `<root>/processes/<name>.json`. */
export interface ProcessRecord {
  name: string;
  pid: number;
  /** Boot and clock ticks since then ({@link startTimeOf}): tells a process from a later one with the same pid. */
  startTime: string;
  command: string;
  args: string[];
  /** File with standard output and standard error. */
  log: string;
  /** RFC 3339. */
  startedAt: string;
}

/** What {@link startProcess} starts. `env` is the whole environment; by default {@link cleanEnvironment}. */
export interface ProcessSpec {
  name: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

/**
 * Starts a process that outlives this one, with its output in `<root>/logs/<name>.log` (the log of its earlier life
 * is kept as `<name>.previous.log`), and records it. A process of that name that still runs is an error: two writers
 * on one data folder do harm.
 */
export async function startProcess(spec: ProcessSpec, paths: SandboxPaths = sandboxPaths()): Promise<ProcessRecord> {
  if (refused) throw new Error(`${spec.name} is not started: the sandbox is being stopped`);
  const earlier = await findProcess(spec.name, paths);
  if (earlier !== undefined && (await isRunning(earlier))) {
    throw new Error(`process ${spec.name} is running already, pid ${earlier.pid}`);
  }
  await fs.mkdir(paths.logs, { recursive: true });
  const log = path.join(paths.logs, `${spec.name}.log`);
  await keepPreviousLog(log);
  const output = await fs.open(log, "w");
  try {
    const child = spawn(spec.command, spec.args, {
      cwd: spec.cwd ?? paths.root,
      env: { ...(spec.env ?? cleanEnvironment()), ...(await ownerMarks(paths.root)) },
      detached: true,
      stdio: ["ignore", output.fd, output.fd],
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) => reject(cannotStart(spec, error)));
    });
    child.unref();
    const pid = child.pid as number; // set once "spawn" was emitted
    return await recordProcess({ name: spec.name, pid, command: spec.command, args: spec.args, log }, paths);
  } finally {
    await output.close();
  }
}

let refused = false;
const onRefusal = new Set<() => void>();

/** From now on this process starts nothing more: it was interrupted, and what it has started is being stopped. */
export function refuseStarts(): void {
  refused = true;
  for (const end of onRefusal) end();
}

/** Runs `work`; `end` is called where {@link refuseStarts} comes before it is done. */
export async function unlessRefused<T>(end: () => void, work: () => Promise<T>): Promise<T> {
  onRefusal.add(end);
  try {
    if (refused) end();
    return await work();
  } finally {
    onRefusal.delete(end);
  }
}

/** Records a process that another program started (kwokctl's components), so that it is shown and stopped as ours. */
export async function recordProcess(
  process: Omit<ProcessRecord, "startTime" | "startedAt">,
  paths: SandboxPaths = sandboxPaths(),
): Promise<ProcessRecord> {
  const record: ProcessRecord = {
    name: process.name,
    pid: process.pid,
    startTime: (await startTimeOf(process.pid)) ?? "ended",
    command: process.command,
    args: process.args,
    log: process.log,
    startedAt: new Date().toISOString(),
  };
  await writeJson(recordFile(record.name, paths), record);
  return record;
}

/** True while the recorded process runs; false for a zombie and for another process that got the same pid. */
export async function isRunning(record: Pick<ProcessRecord, "pid" | "startTime">): Promise<boolean> {
  return (await startTimeOf(record.pid)) === record.startTime;
}

/**
 * Ends a process: SIGTERM, after `graceMs` SIGKILL; returns when it is gone and its record is removed. A process that
 * has ended already only loses its record.
 */
export async function stopProcess(
  record: ProcessRecord,
  options: { graceMs: number },
  paths: SandboxPaths = sandboxPaths(),
): Promise<void> {
  await endProcess(record, options.graceMs);
  await fs.rm(recordFile(record.name, paths), { force: true });
}

/** SIGTERM, wait, SIGKILL, wait. Signals go to the recorded process only, never to one that took its pid. */
export async function endProcess(process: Pick<ProcessRecord, "pid" | "startTime">, graceMs: number): Promise<void> {
  for (const { name, waitMs } of [
    { name: "SIGTERM", waitMs: graceMs },
    { name: "SIGKILL", waitMs: 10_000 },
  ] as const) {
    if (!(await isRunning(process))) return;
    signal(process.pid, name);
    const until = Date.now() + waitMs;
    while (Date.now() < until) {
      if (!(await isRunning(process))) return;
      await sleep(25);
    }
  }
  if (await isRunning(process)) throw new Error(`process ${process.pid} does not end after SIGKILL`);
}

/** Every recorded process, by name; those that have ended are listed too, see {@link isRunning}. */
export async function listProcesses(paths: SandboxPaths = sandboxPaths()): Promise<ProcessRecord[]> {
  const files = await fs.readdir(paths.processes).catch((error: unknown) => {
    if (isNotFound(error)) return [];
    throw error;
  });
  const records: ProcessRecord[] = [];
  for (const file of files.filter((name) => name.endsWith(".json")).sort()) {
    const record = await readJson<ProcessRecord>(path.join(paths.processes, file));
    if (record !== undefined) records.push(record);
  }
  return records;
}

/** The record of one process, running or not. */
export async function findProcess(
  name: string,
  paths: SandboxPaths = sandboxPaths(),
): Promise<ProcessRecord | undefined> {
  return readJson<ProcessRecord>(recordFile(name, paths));
}

/** The record of one process if it runs now. */
export async function runningProcess(
  name: string,
  paths: SandboxPaths = sandboxPaths(),
): Promise<ProcessRecord | undefined> {
  const record = await findProcess(name, paths);
  return record !== undefined && (await isRunning(record)) ? record : undefined;
}

/** The end of a process's log. */
export async function lastLines(record: Pick<ProcessRecord, "log">, n = 20): Promise<string[]> {
  const text = (await readText(record.log)) ?? "";
  return text.trimEnd().split("\n").slice(-n);
}

function cannotStart({ name, command }: ProcessSpec, error: NodeJS.ErrnoException): Error {
  if (!["ENOENT", "EACCES"].includes(error.code ?? "")) return error;
  const remedy = "remove its folder, then start again: it is fetched or built again";
  return UserError.of(command, "", `cannot be run as ${name} (${error.code})`, remedy);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended between the look and the signal.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function recordFile(name: string, paths: SandboxPaths): string {
  return path.join(paths.processes, `${name}.json`);
}

async function keepPreviousLog(log: string): Promise<void> {
  await fs.rename(log, log.replace(/\.log$/, ".previous.log")).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}
