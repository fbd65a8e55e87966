import type { GateMode } from "../../packages/sandbox/servers/push-gate";

/** Something that happens to a collector, to Loki or to the cluster. */
export type Action =
  | { do: "gate"; mode: GateMode; node?: string }
  | { do: "signal"; signal: "SIGTERM" | "SIGKILL" }
  | { do: "rollout" }
  | { do: "reboot" }
  | { do: "stop-api-server" }
  | { do: "start-api-server" }
  /** Containers of a second namespace begin to write. */
  | { do: "more-pods"; count: number }
  /** Nothing is left free on the file system of `diskSize`. */
  | { do: "fill-disk" };

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

/** The lives of containers that end and are started again, or that end for good. */
export interface Lives {
  count: number;
  /** How long each one writes. */
  seconds: number;
  /** How long the kubelet waits before each next one; the first one follows at once, as with a kubelet. */
  downSeconds: number;
  /** What it ends with; with 0 the pod is then completed. */
  exitCode: number;
}

/** One row of the matrix, or two: without and with a log WAL. */
export interface Cell {
  name: string;
  title: string;
  group: "collector up throughout" | "collector stops" | "source" | "environment";
  steps: readonly Step[];
  allowed: Allowed;
  /** Why it loses or sends again what it does, where that is known. */
  cause?: string;
  /** With each kind of delivery: it makes a difference here. */
  bothDeliveries?: true;
  /** In how many seconds the lines of a run are written, 10 where it does not say. */
  writeSeconds?: number;
  /** Only without a log WAL: the WAL has no part in it. */
  withoutWalOnly?: boolean;
  /** Runs of its first result on with the large number of lines: it is known to lose or to send again. */
  thorough?: boolean;
  /** Three runs even where the first one loses nothing. */
  always3?: boolean;
  /** Pods, one container each, spread over the three nodes. */
  pods?: number;
  /** alloy:wal.outageBudget of this cell, 1m where it does not say. */
  budget?: string;
  /** alloy:wal.lokiWindow, 1h where it does not say; `1m` also sets Loki's max_chunk_age to 2m. */
  window?: "1m";
  /** Seconds without a new line, while every collector is ready, after which the rest counts as lost. */
  quietSeconds?: number;
  /** Limits of the cell's tenant in Loki. */
  limits?: Record<string, unknown>;
  /** Size of the file system that holds node-1's WAL directory. */
  diskSize?: string;
  /** Each second container is this many seconds off. */
  clockOffSeconds?: number;
  /** Bytes of a line, about 150 where it does not say. */
  lineBytes?: number;
  /** Lines are written before the collectors have seen the pods. */
  writeAtOnce?: boolean;
  /** Pods that write all their lines at once and are gone after so many milliseconds. */
  gonePodsAfterMs?: number;
  /** Containers that end. */
  lives?: Lives;
  /** Every so many seconds each container's log file is renamed and a new one begun. */
  rotateSeconds?: number;
}

/** Link to the decision that most causes come from, as docs/delivery.md names it. */
export const decision67 = "[decision 67](decisions/0067-what-alloy-does-to-positions.md)";

/** The gate lets everything through. */
export const pass: GateMode = { kind: "pass" };
/** Nobody listens where Loki was. */
export const down: GateMode = { kind: "down" };

/** An outage from `from` to `to`. */
export const outage = (mode: GateMode, from: number, to: number, node?: string): Step[] => [
  { at: from, do: "gate", mode, node },
  { at: to, do: "gate", mode: pass, node },
];
