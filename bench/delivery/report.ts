import type { Cell } from "./cell";
import { hasTrouble, kindOf, manyLines, openRuns, resultsOf, rowsOf, type Row as RowName } from "./plan";
import { judgeRun, mebibytes, type RunResult } from "./result";

/** Machine and tools that the results come from. */
export interface Surroundings {
  cpus: number;
  memoryGib: number;
  node: string;
}

interface Row extends RowName {
  results: readonly RunResult[];
}

const head = `# Delivery, measured

\`npm run bench:delivery\` writes this file. To change it, edit the bench.

Each row is a fault that the bench played against three collectors (real Alloy), a real Loki and a real API server, starting
from an empty disk. A proxy in front of Loki decodes each push. The proxy plays the fault and counts how often Loki accepted
each line. Afterwards the bench reads Loki.

- **runs** and **lines**: all lines of a run are written within 10 s. A row needs one run of 20,000 lines. If a line was lost or
  sent again, and for SIGKILL, it also needs three runs of 100,000 lines; the table then shows the worst of these.
- **delivery**: the value of \`delivery\`; WAL if \`wal.logs\` is on.
- **lost**: lines that were written and are not in Loki.
- **again**: pushes of a line beyond its first push. Loki itself hides them.
- **counted**: what the collectors' own drop counters say. The bench reads them once a second, so that it also has the counters
  of a collector that has ended.
- **catch-up**: the time from the end of the last fault, or of writing, to the last line.

The pipeline is the one that this program composes, but budget and window are smaller: a budget is between 5 s and 1 min instead
of 1 h. The results still apply, because the program computes the pauses and the number of retries from the budget
(\`pipeline/outage.ts\`, whose property tests cover budgets from 5 s to a week). If a row says so, Loki runs with a max_chunk_age
of 2 min, so that its window is 1 min. Two runs take place at the same time, each with a cluster, a Loki and collectors of its
own.

Two things differ from a real cluster. kwok serves the log files in place of a kubelet, with the kubelet's own code; if containers
end, a log endpoint of the bench does. And the collectors have neither a memory limit nor a CPU limit.
`;

/** docs/delivery.md from all results; pure. Rows without a result say so. */
export function reportOf(cells: readonly Cell[], results: readonly RunResult[], around: Surroundings): string {
  const rows = rowsOf(cells).map((row): Row => ({ ...row, results: resultsOf(row, results) }));
  const groups = [...new Set(cells.map(({ group }) => group))];
  const ran = rows.filter((row) => row.results.length > 0);
  const broken = ran.filter(({ cell, results: own }) => own.some((result) => !judgeRun(cell, result).holds));
  const explained = ran.filter(({ cell, results: own }) => cell.cause !== undefined && own.some(hasTrouble));
  return [
    head,
    summary(rows, broken, results, around),
    ...groups.map((group) =>
      section(
        group,
        rows.filter(({ cell }) => cell.group === group),
      ),
    ),
    "## What a row may lose\n",
    promises,
    ...part("Rows that break the promise", broken.map(sentence)),
    ...part("Why", [...new Map(explained.map(({ cell }) => [cell.name, `\`${cell.name}\`: ${cell.cause}.`])).values()]),
    ...part("Runs that are still open", openRowsOf(cells, results)),
    "## Not in the matrix\n",
    "- Lines that a kubelet rotates away before a collector reads them, because kwok's files grow without a limit. Preview\n" +
      "  refuses an outage budget for which the kubelet keeps too little (`alloy:wal.kubeletLogSize`).\n",
  ].join("\n");
}

function summary(
  rows: readonly Row[],
  broken: readonly Row[],
  results: readonly RunResult[],
  around: Surroundings,
): string {
  const ran = rows.filter((row) => row.results.length > 0).length;
  const version = [...new Set(results.map(({ alloyVersion }) => alloyVersion))].join(", ");
  const minutes = Math.round(results.reduce((sum, { seconds }) => sum + seconds, 0) / 60);
  return (
    `${ran} of ${rows.length} rows have been run with Alloy ${version || "(none)"} on ${around.cpus} cores and ` +
    `${around.memoryGib} GiB, Node ${around.node}; ${ran - broken.length} keep the promise. ` +
    `${results.length} runs took ${minutes} min together.\n`
  );
}

function openRowsOf(cells: readonly Cell[], results: readonly RunResult[]): string[] {
  const open = new Map<string, number>();
  for (const { cell, ...kind } of openRuns(rowsOf(cells), results)) {
    const name = `${cell.name}, ${kindOf(kind)}`;
    open.set(name, (open.get(name) ?? 0) + 1);
  }
  return [...open].map(([name, count]) => `${name}: ${count}`);
}

const promises = `- **The collector keeps running, and the outage is within the budget:** nothing. At a stream limit: nothing of another namespace.
- **The outage is longer than the budget:** exactly the lines that the drop counters show, minus the lines that Loki accepted
  while its answer was lost. A collector cannot know of those.
- **The collector stops, at-least-once:** nothing. It sends again what it has read in the last 16 s, for each time that it
  stops: Alloy writes its positions every 10 s, and 6 s later they are answered for.
- **The collector stops while Loki is up, at-most-once:** nothing, and it sends at most one line per container again.
- **The collector stops during an outage, at-most-once:** what was in its queue (10 MiB and two batches), or with the WAL the unsent rest of a
  segment (128 MiB), on each node. If it was killed, never more than was under way at that moment.
- A row may lose more than that only if it gives the reason.
`;

function section(group: string, rows: readonly Row[]): string {
  return [
    `## ${group[0]?.toUpperCase() ?? ""}${group.slice(1)}\n`,
    "| what happens | delivery | runs | lines | lost | again | counted | retries | WAL on disk | catch-up | holds |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows.map(tableRow),
    "",
  ].join("\n");
}

function tableRow({ cell, wal, delivery, results }: Row): string {
  const shown = results.some(({ lines }) => lines >= manyLines)
    ? results.filter(({ lines }) => lines >= manyLines)
    : results;
  const worst = worstOf(shown);
  const start = `| \`${cell.name}\`: ${cell.title} | ${kindOf({ wal, delivery })} |`;
  if (worst === undefined) return `${start} 0 | | | | | | | | not run |`;
  const holds = results.every((result) => judgeRun(cell, result).holds);
  const fields = [
    shown.length,
    worst.pushed.written,
    cell.allowed === "others-none" ? `${worst.lostInLoki}, of others ${worst.lostOfOthers}` : worst.lostInLoki,
    worst.pushed.doubles,
    worst.counted,
    worst.counters.retries,
    mebibytes(worst.walBytes),
    `${worst.catchUpSeconds} s`,
    holds ? "yes" : "**no**",
  ];
  return `${start} ${fields.join(" | ")} |`;
}

/** The run with the largest share lost, then with the most sent again. */
export function worstOf(results: readonly RunResult[]): RunResult | undefined {
  const share = ({ lostInLoki, pushed }: RunResult): number => lostInLoki / Math.max(1, pushed.written);
  return [...results].sort((a, b) => share(b) - share(a) || b.pushed.doubles - a.pushed.doubles)[0];
}

function sentence({ cell, wal, delivery, results }: Row): string {
  const texts = results.filter((result) => !judgeRun(cell, result).holds).map((result) => judgeRun(cell, result).text);
  return `\`${cell.name}\`, ${kindOf({ wal, delivery })}: ${texts.join("; ")}`;
}

const part = (title: string, items: readonly string[]): string[] =>
  items.length === 0 ? [] : [`## ${title}\n`, `${items.map((item) => `- ${item}`).join("\n")}\n`];
