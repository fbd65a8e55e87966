import * as fs from "node:fs/promises";

import * as lockfile from "proper-lockfile";

import { UserError } from "../settings/errors";
import { stopCluster } from "./cluster";
import { refreshStackConfig, type Engine } from "./engine";
import { readJson, writeJson } from "./files";
import type { SandboxPaths } from "./paths";
import { isRunning, listProcesses, stopProcess, type ProcessRecord } from "./processes";
import type { InstalledPlugin } from "./plugins/install";
import type { ToolName, Tools } from "./toolchain/ensure";

/** What a sandbox remembers of its last successful start. The engine's environment is kept apart: it holds secrets. */
export interface SandboxState {
  tools: { name: string; version: string; origin: string; path: string }[];
  plugins: InstalledPlugin[];
  urls: Record<string, string>;
}

/** How long a process gets to end by itself, where more than two seconds serve something. */
const graceMs: Record<string, number> = {
  // Ends its collectors first, each of which drains what it has.
  "node-agent": 60_000,
  loki: 10_000,
  prometheus: 10_000,
};

// Who uses a server ends before the server does; the cluster has an order of its own.
const stopFirst = ["workload", "node-agent"];

/**
 * Stops every process of the sandbox, or those for which `which` is true, and returns their names. Works after any
 * interruption: it goes by the recorded processes, and a record without its process only goes away.
 */
export async function stopSandbox(paths: SandboxPaths, which?: (record: ProcessRecord) => boolean): Promise<string[]> {
  const records = (await listProcesses(paths)).filter((record) => which?.(record) ?? true);
  const stopped: string[] = [];
  const stop = async (record: ProcessRecord): Promise<void> => {
    if (await isRunning(record)) stopped.push(record.name);
    await stopProcess(record, { graceMs: graceMs[record.name] ?? 2_000 }, paths);
  };
  for (const name of stopFirst) {
    const record = records.find((candidate) => candidate.name === name);
    if (record !== undefined) await stop(record);
  }
  const rest = records.filter(({ name }) => !stopFirst.includes(name));
  const cluster = rest.filter(({ name }) => name.startsWith("cluster-"));
  for (const record of cluster) if (await isRunning(record)) stopped.push(record.name);
  await Promise.all([
    ...rest.filter((record) => !cluster.includes(record)).map(stop),
    // Also goes by the cluster's own pid files: a start that was killed may have left some unrecorded.
    ...(cluster.length > 0 || which === undefined ? [stopCluster(paths)] : []),
  ]);
  return stopped.sort();
}

/** Runs `work` while no other start or stop of this sandbox does. */
export async function withSandboxLock<T>(paths: SandboxPaths, work: () => Promise<T>): Promise<T> {
  await fs.mkdir(paths.root, { recursive: true }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw UserError.of(paths.root, "", `cannot be written (${reason})`, "set ALLOY_SANDBOX to a directory of your own");
  });
  const release = await lockfile.lock(paths.root, { stale: 10_000, retries: 0 }).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ELOCKED")
      throw UserError.of(
        paths.root,
        "",
        "another command starts or stops this sandbox right now",
        "wait until it is done; if it was killed, try again in ten seconds",
      );
    throw error;
  });
  try {
    return await work();
  } finally {
    await release();
  }
}

/** Remembers what a start has settled. */
export async function saveState(
  paths: SandboxPaths,
  tools: Partial<Record<ToolName, Tools[ToolName]>>,
  plugins: InstalledPlugin[],
  urls: Record<string, string>,
  engine: Engine,
): Promise<void> {
  const state: SandboxState = {
    tools: Object.values(tools).map(({ name, version, origin, path }) => ({ name, version, origin, path })),
    plugins,
    urls,
  };
  await writeJson(paths.state, state);
  await saveEngine(paths, engine);
}

/** Keeps the engine's environment, which holds secrets, for this user alone. */
export async function saveEngine(paths: SandboxPaths, engine: Engine): Promise<void> {
  await writeJson(engineFile(paths), engine, 0o600);
}

export function loadState(paths: SandboxPaths): Promise<SandboxState | undefined> {
  return readJson<SandboxState>(paths.state);
}

/** The engine of the sandbox, with its secrets and its config as it is now; undefined before the first start. */
export async function loadEngine(paths: SandboxPaths): Promise<Engine | undefined> {
  const engine = await readJson<Engine>(engineFile(paths));
  if (engine === undefined) return undefined;
  const fresh = await refreshStackConfig(engine);
  if (fresh !== engine) await saveEngine(paths, fresh);
  return fresh;
}

function engineFile(paths: SandboxPaths): string {
  return `${paths.pulumi}/engine.json`;
}
