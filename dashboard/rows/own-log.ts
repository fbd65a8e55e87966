import { readsOwnNamespace } from "../../settings/own-lines";
import type { RowSpec } from "../panel";

/** What the collectors write about themselves, as Loki has it. */
export const ownLog: RowSpec = {
  title: "The collectors' own log",
  panels: ({ ownLines }, settings) => {
    if (!readsOwnNamespace(settings)) return [];
    const troubled = `${ownLines} |~ "level=(error|warn)"`;
    return [
      {
        kind: "timeseries",
        title: "Warnings and errors, by node",
        description:
          "Lines that a collector has written at level warn or error. A collector whose lines do not arrive is missing.",
        unit: "suffix: lines/s",
        queries: [{ expr: `sum by (cluster, node) (rate(${troubled} [$__auto]))`, legend: "{{node}}" }],
        ofLoki: true,
        width: 24,
        ifNone: "none",
      },
      {
        kind: "logs",
        title: "Warnings and errors",
        description: "The newest lines at level warn or error.",
        unit: "short",
        queries: [{ expr: troubled, legend: "" }],
        ofLoki: true,
        width: 24,
      },
    ];
  },
};
