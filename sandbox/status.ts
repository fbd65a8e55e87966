import { readText } from "./files";
import { loadState, type SandboxState } from "./lifecycle";
import { readAgentStatus } from "./node-agent/agent-status";
import type { PodSnapshot } from "./node-agent/pod-runner";
import type { SandboxPaths } from "./paths";
import { isRunning, lastLines, listProcesses } from "./processes";
import { readCollector } from "./collector-metrics";

/** One server of the sandbox. */
export interface ProcessStatus {
  name: string;
  running: boolean;
  pid: number;
  startedAt: string;
  log: string;
  /** The end of its log, where it has ended. */
  lastLines: string[];
}

/** One collector's pod. */
export interface PodStatus extends Pick<PodSnapshot, "node" | "name" | "phase" | "ready" | "restarts" | "uiUrl"> {
  lastError: string | undefined;
  /** Lines that Loki has taken and lines that were dropped, since the collector started; undefined while it is down. */
  sent: number | undefined;
  dropped: number | undefined;
  targets: number | undefined;
  /** The newest distinct errors that Alloy itself logged, as it words them. */
  errors: string[];
}

/** Everything that `sandbox:status` tells. */
export interface SandboxStatus {
  processes: ProcessStatus[];
  pods: PodStatus[];
  tools: SandboxState["tools"];
  plugins: SandboxState["plugins"];
  urls: Record<string, string>;
  /** The node agent's last trouble with the API server. */
  trouble: string | undefined;
}

/** Looks at everything of one sandbox; changes nothing and needs nothing to run. */
export async function readStatus(paths: SandboxPaths): Promise<SandboxStatus> {
  const [records, agent, state] = await Promise.all([listProcesses(paths), readAgentStatus(paths), loadState(paths)]);
  const processes = await Promise.all(
    records.map(async (record): Promise<ProcessStatus> => {
      const running = await isRunning(record);
      const { name, pid, startedAt, log } = record;
      return { name, running, pid, startedAt, log, lastLines: running ? [] : await lastLines(record) };
    }),
  );
  // The agent's status file outlives it; without the agent no pod runs.
  const agentRuns = processes.some(({ name, running }) => name === "node-agent" && running);
  const pods = agentRuns && agent !== undefined ? await Promise.all(agent.pods.map(podStatus)) : [];
  return {
    processes,
    pods: pods.sort((a, b) => a.node.localeCompare(b.node)),
    tools: state?.tools ?? [],
    plugins: state?.plugins ?? [],
    urls: state?.urls ?? {},
    trouble: agentRuns ? agent?.trouble : undefined,
  };
}

async function podStatus(pod: PodSnapshot): Promise<PodStatus> {
  const { node, name, phase, ready, restarts, uiUrl, lastError } = pod;
  // A collector that does not answer is shown by its phase and its errors.
  const counts = await readCollector(pod).catch(() => undefined);
  const errors = newestErrors((await readText(pod.log)) ?? "");
  const { sent, dropped, targets } = counts ?? {};
  return { node, name, phase, ready, restarts, uiUrl, lastError, sent, dropped, targets: targets?.length, errors };
}

const quotedErrors = 3;

/**
 * The newest errors and warnings with an `err=` in a collector's log, newest first, each text once: the same refusal
 * is logged at every retry.
 */
export function newestErrors(log: string): string[] {
  const texts = new Map<string, string>();
  for (const line of log.split("\n").reverse()) {
    if (texts.size === quotedErrors) break;
    if (!/\blevel=(error|warn)\b/.test(line) || !/\berr=/.test(line)) continue;
    const text = line.replace(/^.*?\blevel=/, "level=");
    // Targets differ, the reason is the same.
    const reason = /\berr="((?:[^"\\]|\\.)*)"/.exec(text)?.[1]?.replace(/\\"[^"\\]*\\"/g, "…") ?? text;
    if (!texts.has(reason)) texts.set(reason, text);
  }
  return [...texts.values()];
}
