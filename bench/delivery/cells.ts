import type { GateMode } from "../../sandbox/push-gate";

/** Something that happens to a collector, to Loki or to the cluster. */
export type Action =
  | { do: "gate"; mode: GateMode; node?: string }
  | { do: "signal"; signal: "SIGTERM" | "SIGKILL" }
  | { do: "rollout" }
  | { do: "reboot" }
  | { do: "restart-api-server" }
  /** Containers of a second namespace begin to write. */
  | { do: "more-pods"; count: number };

/** An action and when it happens, in seconds since the first line was written. */
export type Step = { at: number } & Action;

/** How much a cell may lose. */
export type Allowed =
  /** Nothing. */
  | "none"
  /** Exactly what the collectors' own drop counters say. */
  | "counted"
  /** What was in the queue, or in the WAL's open segment, when the collector stopped. */
  | "queue"
  /** Nothing of the namespaces that did not cause it. */
  | "others-none"
  /** More, for a reason that the cell names. */
  | { why: string };

/** One row of the matrix. */
export interface Cell {
  name: string;
  title: string;
  group: "collector up throughout" | "collector stops" | "source" | "environment";
  steps: readonly Step[];
  allowed: Allowed;
  /** Only without a log WAL: the WAL has no part in it. */
  withoutWalOnly?: boolean;
  /** Pods, one container each, spread over the three nodes. */
  pods?: number;
  /** alloy:wal.outageBudget of this cell, 1m where it does not say. */
  budget?: string;
  /** alloy:wal.lokiWindow, 1h where it does not say; `1m` also sets Loki's max_chunk_age to 2m. */
  window?: "1m";
  /** Seconds without a new line after which the rest counts as lost. */
  quietSeconds?: number;
  /** Limits of the cell's tenant in Loki. */
  limits?: Record<string, unknown>;
  /** Size of the file system that holds node-1's WAL directory. */
  diskSize?: string;
  /** Each second container is this many seconds off. */
  clockOffSeconds?: number;
  /** Lines are written before the collectors have seen the pods. */
  writeAtOnce?: boolean;
  /** Pods that write all their lines at once and are gone after so many milliseconds. */
  gonePodsAfterMs?: number;
}

const down: GateMode = { kind: "down" };
const pass: GateMode = { kind: "pass" };

/** An outage from `from` to `to`. */
const outage = (mode: GateMode, from: number, to: number, node?: string): Step[] => [
  { at: from, do: "gate", mode, node },
  { at: to, do: "gate", mode: pass, node },
];

/** Once while Loki is up, once in the middle of an outage. */
function stopping(name: string, title: string, action: Action): Cell[] {
  return [
    {
      name: `${name}-up`,
      title: `${title}, Loki up`,
      group: "collector stops",
      steps: [{ at: 8, ...action }],
      allowed: "none",
    },
    {
      name: `${name}-outage`,
      title: `${title}, during an outage that lasts 28 s more`,
      group: "collector stops",
      // Longer than the 15 s for which a collector that is told to stop tries to send what it holds.
      steps: [...outage(down, 5, 40), { at: 12, ...action }],
      allowed: "queue",
    },
  ];
}

/**
 * The matrix. Times are seconds since the first line; 20,000 lines take 20 s. Where an outage has to end within or
 * beyond the budget, the budget is 20s: pipeline/outage.ts derives pauses and tries from it, as from an hour.
 */
export const cells: readonly Cell[] = [
  {
    name: "baseline",
    title: "nothing happens, 30 pods",
    group: "collector up throughout",
    steps: [],
    allowed: "none",
    pods: 30,
  },
  {
    name: "loki-down-30s",
    title: "Loki down for 30 s",
    group: "collector up throughout",
    steps: outage(down, 5, 35),
    allowed: "none",
  },
  {
    name: "outage-within-budget",
    title: "Loki down for 18 s of a budget of 20 s",
    group: "collector up throughout",
    steps: outage(down, 3, 21),
    budget: "20s",
    allowed: "none",
  },
  {
    name: "outage-beyond-budget",
    title: "Loki down for 60 s, budget 20 s",
    group: "collector up throughout",
    steps: outage(down, 3, 63),
    budget: "20s",
    quietSeconds: 25,
    allowed: "counted",
  },
  {
    name: "status-500",
    title: "500 for 15 s",
    group: "collector up throughout",
    steps: outage({ kind: "status", status: 500 }, 5, 20),
    allowed: "none",
  },
  {
    name: "status-429",
    title: "429 for 15 s",
    group: "collector up throughout",
    steps: outage({ kind: "status", status: 429 }, 5, 20),
    allowed: "none",
  },
  {
    name: "slow-loki",
    title: "answers take 3 s, for 20 s",
    group: "collector up throughout",
    steps: outage({ kind: "slow", delayMs: 3_000 }, 3, 23),
    allowed: "none",
  },
  {
    name: "slower-than-timeout",
    title: "answers take 12 s, longer than the timeout of 10 s, for 15 s",
    group: "collector up throughout",
    steps: outage({ kind: "slow", delayMs: 12_000 }, 3, 18),
    quietSeconds: 25,
    allowed: "none",
  },
  {
    name: "node-cut-off",
    title: "one of three nodes cut off for 2 min, twice Loki's window, budget 1 min",
    group: "collector up throughout",
    steps: outage(down, 3, 123, "node-2"),
    window: "1m",
    quietSeconds: 30,
    withoutWalOnly: true,
    allowed: "counted",
  },
  {
    name: "stream-limit",
    title: "the tenant's stream limit is reached by new pods of another namespace, budget 20 s",
    group: "collector up throughout",
    // Three streams, one a node; the new pods would make three more.
    steps: [{ at: 4, do: "more-pods", count: 6 }],
    limits: { max_global_streams_per_user: 3 },
    budget: "20s",
    quietSeconds: 60,
    allowed: "others-none",
  },
  {
    name: "api-server-restart",
    title: "API server killed and started again",
    group: "collector up throughout",
    steps: [{ at: 6, do: "restart-api-server" }],
    quietSeconds: 60,
    allowed: "none",
  },
  {
    name: "fifty-pods",
    title: "50 pods start at once and write at once",
    group: "collector up throughout",
    steps: [],
    pods: 50,
    writeAtOnce: true,
    allowed: "none",
  },
  {
    name: "clock-off",
    title: "each second container's lines are stamped a minute early",
    group: "collector up throughout",
    steps: [],
    clockOffSeconds: -60,
    allowed: "none",
  },
  ...stopping("sigterm", "all collectors get SIGTERM", { do: "signal", signal: "SIGTERM" }),
  ...stopping("sigkill", "all collectors get SIGKILL", { do: "signal", signal: "SIGKILL" }),
  ...stopping("rollout", "a changed configuration rolls out", { do: "rollout" }),
  ...stopping("reboot", "node-1 loses process and memory, its disk stays", { do: "reboot" }),
  {
    name: "short-jobs",
    title: "20 pods that write at once and are gone after 1 s",
    group: "source",
    steps: [],
    pods: 20,
    writeAtOnce: true,
    gonePodsAfterMs: 1_000,
    withoutWalOnly: true,
    allowed: { why: "a pod that is gone before the collector has seen it has no log any more" },
  },
  {
    name: "wal-disk-full",
    title: "node-1's WAL directory is a full file system of 1 MiB",
    group: "environment",
    steps: outage(down, 3, 23),
    diskSize: "1m",
    allowed: { why: "a line that cannot be written to the log WAL is skipped, without a counter" },
  },
  {
    name: "status-401",
    title: "401 for 10 s, a wrong password",
    group: "environment",
    steps: outage({ kind: "status", status: 401 }, 5, 15),
    allowed: { why: "a 4xx other than 429 drops the batch at once" },
  },
  {
    name: "metadata-forbidden",
    title: "the tenant forbids structured metadata",
    group: "environment",
    steps: [],
    limits: { allow_structured_metadata: false },
    withoutWalOnly: true,
    allowed: { why: "Loki answers 400 to each push; the check after `up` finds it" },
  },
];
