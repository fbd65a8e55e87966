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
