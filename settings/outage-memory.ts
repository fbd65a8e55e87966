import { parseDuration, parseQuantity } from "../kit/units";

/** What the sum is made of; the keys are those of `alloy:wal`, `alloy:wal.load` and `alloy:resources.limits`. */
export interface MemoryPlan {
  outageBudget: string;
  load: { nodeLinesPerSecond: number; bytesPerLine: number; containers: number };
  memoryLimit: string;
  /** `alloy:logs.source`: nothing waits in memory for somebody who reads files. */
  source: "kubernetes" | "files";
}

/** What a collector's memory holds at the end of an outage of the whole budget, in bytes. */
export interface OutageMemory {
  /** What it needs while every line is delivered. */
  atRest: number;
  /** What the API server has sent and nobody has read yet: the containers' windows, or all that was written. */
  windows: number;
  limit: number;
}

const mebi = 2 ** 20;
/**
 * HTTP/2's flow-control window of client-go: so much of each followed log is held in memory while its reader is blocked.
 * Measured: 110 streams held 447 MiB.
 */
const windowBytes = 4.06 * mebi;
/** Measured: 106 MiB with 110 containers, 4,000 lines/s and Loki there; the rest is room for metrics and their WAL. */
const atRest = 150 * mebi;
/** Alloy sets GOMEMLIMIT to this part of its limit, and collects garbage without end above it. Source: cmd_run.go */
const usable = 0.9;

/** Adds up what an outage asks of the collector's memory. Pure. */
export function sumOutageMemory({ outageBudget, load, memoryLimit, source }: MemoryPlan): OutageMemory {
  const seconds = (parseDuration(outageBudget) ?? 0) / 1000;
  return {
    atRest,
    windows:
      source === "files"
        ? 0
        : Math.min(load.containers * windowBytes, load.nodeLinesPerSecond * load.bytesPerLine * seconds),
    limit: parseQuantity(memoryLimit) ?? 0,
  };
}

/** What is wrong with the limit, in words; undefined if it holds. Pure. */
export function brokenMemoryPromise(plan: MemoryPlan): { problem: string; remedy: string } | undefined {
  const { windows, limit } = sumOutageMemory(plan);
  const needed = (atRest + windows) / usable;
  if (needed <= limit) return undefined;
  return {
    problem:
      `is ${plan.memoryLimit}, but a collector that waits for Loki needs ${mebibytes(needed)}: ` +
      `${mebibytes(atRest)} by itself, ${mebibytes(windows)} of lines that it has been sent and cannot read yet ` +
      `(${plan.load.containers} containers × ${mebibytes(windowBytes)} at most), and a tenth of the limit stays free. ` +
      "Above its limit the node kills it, and it loses its queue",
    remedy:
      `raise it to ${Math.ceil(needed / mebi)}Mi; or write in alloy:wal.load.containers how many containers the busiest ` +
      "node really has",
  };
}

/** The sum in one line, for a preview. */
export function outageMemoryText(plan: MemoryPlan): string {
  const { windows } = sumOutageMemory(plan);
  return (
    `memory in an outage: about ${mebibytes(atRest + windows)} of a limit of ${plan.memoryLimit} ` +
    `(${plan.load.containers} containers on a node)`
  );
}

/** From here on the kernel's default of 128 inotify instances for each user comes near. */
const manyContainers = 100;

/** What a node with very many containers needs beside memory; undefined if it has fewer. Pure. */
export function manyContainersWarning(containers: number, source: MemoryPlan["source"]): string | undefined {
  if (containers < manyContainers || source === "files") return undefined;
  return (
    `alloy:wal.load.containers is ${containers}: the kubelet takes one inotify instance of root's for each log that is ` +
    "followed, and a node has 128 by default. Beyond that, the kubelet's error text arrives in place of lines " +
    "(https://github.com/grafana/alloy/issues/1217). Raise fs.inotify.max_user_instances on the nodes, to 1024 or more"
  );
}

const mebibytes = (bytes: number): string => `${(bytes / mebi).toFixed(1)} MiB`;
