import { decision67, down, outage, type Action, type Cell } from "../cell";

const group = "collector stops";

/** Once while Loki is up, once in the middle of an outage. */
function stopping(name: string, title: string, action: Action, rest: Pick<Cell, "cause"> = {}): Cell[] {
  return [
    {
      name: `${name}-up`,
      title: `${title}, Loki up`,
      group,
      steps: [{ at: 6, ...action }],
      thorough: true,
      bothDeliveries: true,
      allowed: "none",
      ...rest,
    },
    {
      name: `${name}-outage`,
      title: `${title}, during an outage that lasts 17 s more`,
      group,
      // Longer than the 15 s for which a collector that is told to stop tries to send what it holds.
      steps: [...outage(down, 2, 23), { at: 6, ...action }],
      thorough: true,
      bothDeliveries: true,
      allowed: "queue",
    },
  ];
}

const again =
  "positions are written every 10 s, a constant in Alloy's code, so what was sent since then is read again " +
  `(${decision67})`;

const inHand =
  "a component that is told to end drops the one line that it is processing, whose position is already saved " +
  `(${decision67})`;

/** Faults that end a collector. */
export const stopCells: readonly Cell[] = [
  ...stopping("sigterm", "all collectors get SIGTERM", { do: "signal", signal: "SIGTERM" }, { cause: inHand }),
  ...stopping("sigkill", "all collectors get SIGKILL", { do: "signal", signal: "SIGKILL" }, { cause: again }).map(
    (cell) => ({
      ...cell,
      always3: true,
      // More than a queue holds: what the queue does not take waits in the container's file, and is not lost.
      ...(cell.name === "sigkill-outage" && { title: `${cell.title}, lines of 1,000 bytes`, lineBytes: 1_000 }),
    }),
  ),
  ...stopping("rollout", "a changed configuration rolls out", { do: "rollout" }, { cause: inHand }),
  ...stopping("reboot", "node-1 loses process and memory, its disk stays", { do: "reboot" }, { cause: again }),
  {
    name: "two-kills-outage",
    title: "all collectors get SIGKILL twice, during an outage that lasts 11 s more",
    group,
    steps: [
      ...outage(down, 2, 25),
      { at: 6, do: "signal", signal: "SIGKILL" },
      { at: 14, do: "signal", signal: "SIGKILL" },
    ],
    thorough: true,
    bothDeliveries: true,
    allowed: "queue",
  },
  {
    name: "sigkill-steady",
    title: "all collectors get SIGKILL after 40 of 50 s of writing, Loki up",
    group,
    steps: [{ at: 40, do: "signal", signal: "SIGKILL" }],
    writeSeconds: 50,
    thorough: true,
    bothDeliveries: true,
    withoutWalOnly: true,
    allowed: { why: "how much comes again at a steady load is what is measured" },
    cause: again,
  },
  {
    name: "sigterm-steady",
    title: "all collectors get SIGTERM after 40 of 50 s of writing, Loki up",
    group,
    steps: [{ at: 40, do: "signal", signal: "SIGTERM" }],
    writeSeconds: 50,
    thorough: true,
    bothDeliveries: true,
    withoutWalOnly: true,
    allowed: { why: "how much comes again at a steady load is what is measured" },
    cause: inHand,
  },
  {
    name: "api-server-away-sigterm",
    title: "API server away for 8 s, all collectors get SIGTERM meanwhile",
    group,
    steps: [
      { at: 3, do: "stop-api-server" },
      { at: 5, do: "signal", signal: "SIGTERM" },
      { at: 11, do: "start-api-server" },
    ],
    quietSeconds: 15,
    thorough: true,
    withoutWalOnly: true,
    allowed: "none",
  },
];
