import { decision67, down, outage, type Cell } from "../cell";

/** Faults of what writes the logs. */
export const sourceCells: readonly Cell[] = [
  {
    name: "log-rotation",
    title: "each container's log file is rotated every 2 s under load",
    group: "source",
    steps: [],
    rotateSeconds: 2,
    allowed: "none",
  },
  {
    name: "crash-loop",
    title: "every container ends five times and is started again, at once and then after 2 s",
    group: "source",
    steps: [],
    lives: { count: 5, seconds: 2, downSeconds: 2, exitCode: 1 },
    thorough: true,
    allowed: "none",
    cause:
      "while a container waits for its next start, Alloy 1.18.1 asks for its log without a pause and sends the last line " +
      `again each time (${decision67})`,
  },
  {
    name: "completed-jobs",
    title: "20 pods whose containers end within 1 s; the pods stay, completed",
    group: "source",
    steps: [],
    pods: 20,
    writeAtOnce: true,
    thorough: true,
    lives: { count: 1, seconds: 0.8, downSeconds: 0, exitCode: 0 },
    withoutWalOnly: true,
    allowed: "none",
    cause: "a completed Job's log is read again for 10 s or more, and the last line is sent again each time",
  },
  {
    name: "short-jobs",
    title: "20 pods that write at once and are gone after 1 s",
    group: "source",
    steps: [],
    pods: 20,
    writeAtOnce: true,
    gonePodsAfterMs: 1_000,
    thorough: true,
    withoutWalOnly: true,
    allowed: { why: "a pod that is gone before the collector has seen it has no log any more" },
  },
];

/** Faults of what is around a collector. */
export const environmentCells: readonly Cell[] = [
  {
    name: "wal-disk-full",
    title: "node-1's disk is full from 5 s on, Loki is down from 2 to 12 s",
    group: "environment",
    steps: [...outage(down, 2, 12), { at: 5, do: "fill-disk" }],
    // More than prepare-storage asks for; what is free is then filled.
    diskSize: "640m",
    thorough: true,
    allowed: { why: "a line that cannot be written to the log WAL is skipped, without a counter" },
  },
  {
    name: "status-401",
    title: "401 for 6 s, a wrong password",
    group: "environment",
    steps: outage({ kind: "status", status: 401 }, 2, 8),
    thorough: true,
    allowed: { why: "a 4xx other than 429 drops the batch at once" },
  },
  {
    name: "metadata-forbidden",
    title: "the tenant forbids structured metadata",
    group: "environment",
    steps: [],
    limits: { allow_structured_metadata: false },
    withoutWalOnly: true,
    thorough: true,
    allowed: { why: "Loki answers 400 to each push; the check after `up` finds it" },
  },
];
