import { decision67, down, outage, type Cell } from "../cell";

const group = "collector up throughout";

/** Faults of Loki and of the cluster, the collectors up throughout. */
export const upCells: readonly Cell[] = [
  { name: "baseline", title: "nothing happens, 30 pods", group, steps: [], allowed: "none", pods: 30 },
  { name: "loki-down-30s", title: "Loki down for 30 s", group, steps: outage(down, 3, 33), allowed: "none" },
  {
    name: "outage-within-budget",
    title: "Loki down for 18 s of a budget of 20 s",
    group,
    steps: outage(down, 3, 21),
    budget: "20s",
    allowed: "none",
  },
  {
    name: "outage-beyond-budget",
    title: "Loki down for 27 s, budget 10 s",
    group,
    // A batch is given up after 20 s at the longest.
    steps: outage(down, 3, 30),
    budget: "10s",
    thorough: true,
    allowed: "counted",
  },
  {
    name: "status-500",
    title: "500 for 15 s",
    group,
    steps: outage({ kind: "status", status: 500 }, 2, 17),
    allowed: "none",
  },
  {
    name: "status-429",
    title: "429 for 15 s",
    group,
    steps: outage({ kind: "status", status: 429 }, 2, 17),
    allowed: "none",
  },
  {
    name: "slow-loki",
    title: "answers take 3 s, for 15 s",
    group,
    steps: outage({ kind: "slow", delayMs: 3_000 }, 2, 17),
    allowed: "none",
  },
  {
    name: "slower-than-timeout",
    title: "answers take 12 s, longer than the timeout of 10 s, for 12 s",
    group,
    steps: outage({ kind: "slow", delayMs: 12_000 }, 2, 14),
    quietSeconds: 15,
    thorough: true,
    allowed: "none",
    cause: "Loki has taken the batch by the time the collector gives up waiting for its answer and sends it again",
  },
  {
    name: "node-cut-off",
    title: "one of three nodes cut off for 2 min, twice Loki's window, budget 1 min",
    group,
    steps: outage(down, 3, 123, "node-2"),
    window: "1m",
    thorough: true,
    withoutWalOnly: true,
    allowed: "counted",
  },
  {
    name: "stream-limit",
    title: "the tenant's stream limit is reached by new pods of another namespace, budget 5 s",
    group,
    // Three streams, one a node; the new pods would make three more.
    steps: [{ at: 2, do: "more-pods", count: 3 }],
    limits: { max_global_streams_per_user: 3 },
    budget: "5s",
    // The longest for which a batch is tried again, and a little more.
    quietSeconds: 15,
    thorough: true,
    allowed: "others-none",
  },
  {
    name: "api-server-restart",
    title: "API server killed and started again",
    group,
    steps: [
      { at: 4, do: "stop-api-server" },
      { at: 4.1, do: "start-api-server" },
    ],
    // At-least-once, a collector notices it after 10 s at the longest, and starts again 5 to 30 s later.
    quietSeconds: 60,
    bothDeliveries: true,
    thorough: true,
    allowed: "none",
    cause:
      "Alloy 1.18.1 records the time of its last failed attempt as that of the last line read, and continues from there " +
      `(${decision67})`,
  },
  {
    name: "fifty-pods",
    title: "50 pods start at once and write at once",
    group,
    steps: [],
    pods: 50,
    writeAtOnce: true,
    allowed: "none",
  },
  {
    name: "clock-off",
    title: "each second container's lines are stamped a minute early",
    group,
    steps: [],
    clockOffSeconds: -60,
    allowed: "none",
  },
];
