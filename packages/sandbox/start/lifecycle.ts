import * as fs from "node:fs/promises";

import { UserError } from "../../../kit/user-error";
import { stopCluster } from "../servers/cluster/cluster";
import { doorFile, readEngine, type SandboxDoor } from "../../../operations/sandbox-door";
import { agentStatusFile } from "../node-agent/agent-status";
import { readTarget } from "../own-cluster/chosen-cluster";
import { sandboxStack, type Engine } from "../engine/engine";
import { readJson, writeJson } from "../../../kit/files";
import { removeHalfFiles } from "../process/unfinished-files";
import { lockHolder, tryLock } from "../process/kernel-lock";
import { recordComponents } from "../servers/cluster/kwokctl";
import { endOrphans } from "../process/orphans";
import type { SandboxPaths } from "../paths";
import { elsewhere } from "../../../errors/system";
import { isRunning, listProcesses, stopProcess, type ProcessRecord } from "../process/processes";
import type { InstalledPlugin } from "../stand-ins/install";
import type { ToolName, Tools } from "../toolchain/ensure";

/** What a sandbox remembers of its last successful start. The engine's environment is kept apart: it holds secrets. */
export interface SandboxState {
  tools: { name: string; version: string; origin: string; path: string }[];
  plugins: InstalledPlugin[];
  urls: Record<string, string>;
}

/** How long a process gets to end by itself, where more than two seconds serve something. */
const graceMs: Record<string, number> = {
  // Ends its collectors first, each of which drains what it has: a second or two while Loki takes it. One that waits for
  // a Loki that is away would use its pod's whole grace; it ends with the agent, and whoever stops a sandbox need not wait.
  "node-agent": 8_000,
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
  await Promise.all(records.filter(({ name }) => stopFirst.includes(name)).map(stop));
  const rest = records.filter(({ name }) => !stopFirst.includes(name));
  const cluster = rest.filter(({ name }) => name.startsWith("cluster-"));
  for (const record of cluster) if (await isRunning(record)) stopped.push(record.name);
  await Promise.all([
    ...rest.filter((record) => !cluster.includes(record)).map(stop),
    // Also goes by the cluster's own pid files: a start that was killed may have left some unrecorded.
    ...(cluster.length > 0 || which === undefined ? [stopCluster(paths)] : []),
  ]);
  if (which === undefined) {
    stopped.push(...(await endOrphans(paths.root)));
    await removeHalfFiles(paths.root);
  }
  await closeDoor(paths);
  return stopped.sort();
}

/**
 * Puts away what commands that were killed have left: processes that no record names, and files that were being written.
 * What is recorded and runs is left as it is. To be called with the sandbox's lock.
 *
 * @returns what was put away, for a person to read
 */
export async function tidyUp(paths: SandboxPaths): Promise<string[]> {
  // What the cluster's own pid files name is found again that way, and need not be ended.
  await recordComponents(paths);
  const records = await listProcesses(paths);
  const running = await Promise.all(records.map(async (record) => ((await isRunning(record)) ? [record.pid] : [])));
  const ended = await endOrphans(paths.root, running.flat());
  const removed = await removeHalfFiles(paths.root);
  return [
    ...ended.map((command) => `ended ${command}, which a command that was killed had started`),
    ...removed.map((file) => `removed ${file}, which was half written`),
  ];
}

/**
 * Runs `work` while no other start or stop of this sandbox does. A command that was killed holds nothing.
 *
 * @param command as it is typed, for whoever comes second
 */
export async function withSandboxLock<T>(paths: SandboxPaths, command: string, work: () => Promise<T>): Promise<T> {
  await fs.mkdir(paths.root, { recursive: true }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw UserError.of(paths.root, "", `cannot be made (${reason})`, elsewhere(paths.root));
  });
  const name = await lockName(paths);
  const release = await tryLock(name, command);
  if (release === undefined) {
    const holder = await lockHolder(name);
    const who =
      holder === undefined ? "another command" : `${holder.command} (process ${holder.pid}, since ${holder.since})`;
    throw UserError.of(
      paths.root,
      "",
      `${who} starts or stops this sandbox right now`,
      `wait until it is done${holder === undefined ? "" : `, or end it (kill ${holder.pid})`}; another sandbox beside it: ALLOY_SANDBOX=FOLDER npm start`,
    );
  }
  try {
    return await work();
  } finally {
    await release();
  }
}

/** The same folder under two names is one sandbox. */
export async function lockName(paths: SandboxPaths): Promise<string> {
  return `sandbox ${await fs.realpath(paths.root).catch(() => paths.root)}`; // none there yet: nobody has its lock
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

/** Keeps the engine, whose environment holds secrets, for this user alone, and opens the door to the commands. */
export async function saveEngine(paths: SandboxPaths, engine: Engine): Promise<void> {
  await writeJson(engineFile(paths), engine, 0o600);
  const own = (await readTarget(paths))?.context !== undefined;
  const door: SandboxDoor = {
    stack: sandboxStack,
    engineFile: engineFile(paths),
    ...(own ? {} : { collectorsFile: agentStatusFile(paths) }),
  };
  await writeJson(doorFile(paths.root), door);
}

/**
 * Gives the stack back to the user's own engine once no process of the sandbox is left. A sandbox on a cluster of the
 * user's keeps it: its state alone knows what was deployed there.
 */
async function closeDoor(paths: SandboxPaths): Promise<void> {
  if ((await listProcesses(paths)).length > 0 || (await readTarget(paths))?.context !== undefined) return;
  await fs.rm(doorFile(paths.root), { force: true });
}

export function loadState(paths: SandboxPaths): Promise<SandboxState | undefined> {
  return readJson<SandboxState>(paths.state);
}

/** The engine of the sandbox, with its secrets and its config as it is now; undefined before the first start. */
export function loadEngine(paths: SandboxPaths): Promise<Engine | undefined> {
  return readEngine<Engine>(engineFile(paths));
}

function engineFile(paths: SandboxPaths): string {
  return `${paths.pulumi}/engine.json`;
}
