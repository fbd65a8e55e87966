import type { Cell } from "./cells";
import { judgeRun, type RunResult } from "./result";

/** Machine and tools that the results come from. */
export interface Surroundings {
  cpus: number;
  memoryGib: number;
  node: string;
}

interface Row {
  cell: Cell;
  wal: boolean;
  results: readonly RunResult[];
}

const head = `# Delivery, measured

Made by \`npm run bench:delivery\`; edit the bench, not this file. Each row is a fault played against three collectors
(real Alloy), a real Loki and a real API server, from an empty disk. A proxy in front of Loki decodes each push: it plays
the fault and counts how often Loki took each line. Afterwards Loki is read back. **Lost** are lines that were written and
are not in Loki; **again** are pushes of a line beyond its first, which Loki itself hides.

The pipeline is the one that this program makes. Scaled down are budget and window: a cell's budget is 1 min or 20 s
instead of 1 h. That is faithful because pauses and tries are both computed from the budget (\`pipeline/outage.ts\`, whose
property tests hold from 5 s to a week). Where a row says so, Loki runs with a max_chunk_age of 2 min, so that its window
is 1 min. What is not faithful: kwok serves the log files in place of a kubelet, and never rotates them.

Where a row had several runs, the worst is shown. **WAL** is \`wal.logs\`. **Counted** are the collectors' own drop
counters, also of lives that ended as far as they were read (once a second).
`;

/** docs/delivery.md from all results; pure. Rows without a result say so. */
export function reportOf(cells: readonly Cell[], results: readonly RunResult[], around: Surroundings): string {
  const rows = cells.flatMap((cell) =>
    (cell.withoutWalOnly === true ? [false] : [false, true]).map((wal): Row => {
      const own = results.filter((result) => result.cell === cell.name && result.wal === wal);
      return { cell, wal, results: own };
    }),
  );
  const groups = [...new Set(cells.map(({ group }) => group))];
  const ran = rows.filter((row) => row.results.length > 0);
  const broken = ran.filter((row) => row.results.some((result) => !judgeRun(row.cell, result).holds));
  const open = rows.filter((row) => row.results.length === 0);
  const version = [...new Set(results.map(({ alloyVersion }) => alloyVersion))].join(", ");
  return [
    head,
    `${ran.length} of ${rows.length} rows were run with Alloy ${version || "(none)"} on ${around.cpus} cores and ` +
      `${around.memoryGib} GiB, Node ${around.node}; ${ran.length - broken.length} hold what is promised.\n`,
    ...groups.map((group) =>
      section(
        group,
        rows.filter(({ cell }) => cell.group === group),
      ),
    ),
    "## What a row may lose\n",
    promises,
    ...(broken.length === 0 ? [] : ["## Rows that break the promise\n", list(broken.map(sentence))]),
    ...(open.length === 0
      ? []
      : ["## Rows that were not run\n", list(open.map(({ cell, wal }) => `${cell.name}, WAL ${wal ? "on" : "off"}`))]),
    "## Not in the matrix\n",
    "- Log rotation under load: kwok serves one file for a container, and is no kubelet. Not measurable here.\n",
  ].join("\n");
}

const promises = `- Collector up throughout, outage within the budget: nothing. At a stream limit: nothing of any other namespace.
- Beyond the budget: what the drop counters say, to the line.
- Collector stopped while Loki is up: nothing, and at most one line a container again.
- Collector stopped during an outage: what was in its queue (10 MiB and two batches), or with the WAL the unsent rest of
  a segment (128 MiB), on each node.
- More than that only where the row says why.
`;

function section(group: string, rows: readonly Row[]): string {
  const lines = rows.map(tableRow);
  return [
    `## ${group[0]?.toUpperCase() ?? ""}${group.slice(1)}\n`,
    "| what happens | WAL | runs | lines | lost | again | counted | retries | WAL on disk | catch-up | holds |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...lines,
    "",
  ].join("\n");
}

function tableRow({ cell, wal, results }: Row): string {
  const worst = worstOf(results);
  const start = `| \`${cell.name}\`: ${cell.title} | ${wal ? "on" : "off"} |`;
  if (worst === undefined) return `${start} 0 | | | | | | | | not run |`;
  const verdict = judgeRun(cell, worst);
  const cells = [
    results.length,
    worst.pushed.written,
    cell.allowed === "others-none" ? `${worst.lostInLoki}, of others ${worst.lostOfOthers}` : worst.lostInLoki,
    worst.pushed.doubles,
    worst.counted,
    worst.counters.retries,
    `${(worst.walBytes / 2 ** 20).toFixed(1)} MiB`,
    `${worst.catchUpSeconds} s`,
    verdict.holds ? "yes" : "**no**",
  ];
  return `${start} ${cells.join(" | ")} |`;
}

/** The run with the largest share lost, then with the most sent again. */
export function worstOf(results: readonly RunResult[]): RunResult | undefined {
  const share = ({ lostInLoki, pushed }: RunResult): number => lostInLoki / Math.max(1, pushed.written);
  return [...results].sort((a, b) => share(b) - share(a) || b.pushed.doubles - a.pushed.doubles)[0];
}

function sentence({ cell, wal, results }: Row): string {
  const texts = results.filter((result) => !judgeRun(cell, result).holds).map((result) => judgeRun(cell, result).text);
  return `\`${cell.name}\`, WAL ${wal ? "on" : "off"}: ${texts.join("; ")}`;
}

const list = (items: readonly string[]): string => `${items.map((item) => `- ${item}`).join("\n")}\n`;
