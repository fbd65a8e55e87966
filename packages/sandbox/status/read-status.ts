import { setTimeout as sleep } from "node:timers/promises";

import { readCollector, type CollectorCounts } from "../proof/collector-counts";
import { readJson, readText } from "../../../kit/files";
import { checkpointFile } from "../engine/engine";
import { startedAt } from "../../../kit/process-marks";
import { isRefusal, newestErrors } from "../../../operations/collectors/errors";
import { silentServers } from "./server-answers";
import { loadState, type SandboxState } from "../start/lifecycle";
import { listenersOf } from "../process/listeners";
import { readAgentStatus } from "../node-agent/agent-status";
import type { PodSnapshot } from "../node-agent/pod-snapshot";
import type { SandboxPaths } from "../paths";
import { isRunning, lastLines, listProcesses } from "../process/processes";
import { readTarget, type Target } from "../own-cluster/chosen-cluster";

/** One server of the sandbox. */
export interface ProcessStatus {
  name: string;
  running: boolean;
  pid: number;
  startedAt: string;
  /** TCP ports on 127.0.0.1 on which it listens now. */
  ports: number[];
  log: string;
  /** The end of its log, where it has ended. */
  lastLines: string[];
}

/** One collector's pod. */
export interface PodStatus extends Pick<
  PodSnapshot,
  "node" | "name" | "phase" | "ready" | "restarts" | "terminating" | "uiUrl" | "log"
> {
  lastError: string | undefined;
  /** Lines that Loki has taken and lines that were dropped, since the collector started; undefined while it is down. */
  sent: number | undefined;
  dropped: number | undefined;
  /** Lines that Loki took in the second in which this was asked. */
  linesPerSecond: number | undefined;
  targets: number | undefined;
  /** The newest distinct errors that this collector has logged, as Alloy words them. */
  errors: string[];
  /** The error that says that somebody refuses this collector now; undefined if nobody does. */
  refused: string | undefined;
  /** The end of its log if it is not ready. */
  lastLines: string[];
}

/** Everything that `sandbox:status` tells. */
export interface SandboxStatus {
  processes: ProcessStatus[];
  pods: PodStatus[];
  /** Servers that do not say that they are well, by name, with what they do instead. */
  silent: Record<string, string>;
  /** The stack has resources: a collector must run. */
  deployed: boolean;
  tools: SandboxState["tools"];
  plugins: SandboxState["plugins"];
  urls: Record<string, string>;
  /** Whose cluster and Vault it works with; undefined before the first start. */
  target: Target | undefined;
  /** The node agent's last trouble with the API server. */
  trouble: string | undefined;
}

/** The time between two looks at a collector's counters, which gives the rate. */
const rateMs = 1_000;

/** Looks at everything of one sandbox; changes nothing and needs nothing to run. Takes a second where pods run. */
export async function readStatus(paths: SandboxPaths): Promise<SandboxStatus> {
  const [processes, agent, state, target] = await Promise.all([
    processStatuses(paths),
    readAgentStatus(paths),
    loadState(paths),
    readTarget(paths),
  ]);
  // The agent's status file outlives it; without the agent no pod runs.
  const agentRuns = processes.some(({ name, running }) => name === "node-agent" && running);
  const urls = state?.urls ?? {};
  const [pods, silent] = await Promise.all([
    agentRuns && agent !== undefined ? Promise.all(agent.pods.map(podStatus)) : [],
    processes.length === 0 ? {} : silentServers(paths, urls, target?.context === undefined),
  ]);
  return {
    processes,
    pods: pods.sort((a, b) => a.node.localeCompare(b.node)),
    tools: [...(state?.tools ?? [])].sort((a, b) => a.name.localeCompare(b.name)),
    plugins: state?.plugins ?? [],
    silent,
    deployed: await isDeployed(paths),
    urls,
    target,
    trouble: agentRuns ? agent?.trouble : undefined,
  };
}

/** Whether the stack has more than the entry of the stack itself in its state. */
async function isDeployed(paths: SandboxPaths): Promise<boolean> {
  const state = await readJson<{ checkpoint?: { latest?: { resources?: unknown[] } | null } }>(
    checkpointFile(paths.root),
  );
  return (state?.checkpoint?.latest?.resources ?? []).length > 1;
}

async function processStatuses(paths: SandboxPaths): Promise<ProcessStatus[]> {
  const records = await listProcesses(paths);
  const listeners = await listenersOf(records.map(({ pid }) => pid));
  return Promise.all(
    records.map(async (record): Promise<ProcessStatus> => {
      const running = await isRunning(record);
      const { name, pid, startedAt, log } = record;
      const ports = running ? listeners.filter((listener) => listener.pid === pid).map(({ port }) => port) : [];
      const words = running ? [] : await lastLines(record);
      return { name, running, pid, startedAt, ports: [...new Set(ports)].sort((a, b) => a - b), log, lastLines: words };
    }),
  );
}

async function podStatus(pod: PodSnapshot): Promise<PodStatus> {
  const { node, name, phase, ready, restarts, terminating, uiUrl, log, lastError } = pod;
  // A collector that does not answer is shown by its phase, its errors and its last lines.
  const look = (): Promise<CollectorCounts | undefined> => readCollector(pod).catch(() => undefined);
  const before = await look();
  const began = Date.now();
  if (before !== undefined) await sleep(rateMs);
  const counts = before === undefined ? undefined : await look();
  const since = pod.pid === undefined ? undefined : await startedAt(pod.pid);
  const errors = newestErrors((await readText(log)) ?? "", since);
  return {
    ...{ node, name, phase, ready, restarts, terminating, uiUrl, log, lastError },
    sent: counts?.sent,
    dropped: counts?.dropped,
    linesPerSecond: rate(before?.sent, counts?.sent, Date.now() - began),
    targets: counts?.targets.length,
    errors: errors.map(({ text }) => text),
    refused: errors.find((error) => isRefusal(error, Date.now()))?.text,
    lastLines: ready ? [] : await lastLines(pod),
  };
}

/** Growth a second, whole; undefined where a look is missing. A counter that fell began anew with its collector. */
export function rate(before: number | undefined, after: number | undefined, elapsedMs: number): number | undefined {
  if (before === undefined || after === undefined || elapsedMs <= 0) return undefined;
  return Math.round((Math.max(0, after - before) * 1_000) / elapsedMs);
}
