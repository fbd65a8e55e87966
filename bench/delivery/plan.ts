import type { Cell } from "./cell";
import type { RunResult } from "./result";

/** `alloy:delivery` */
export type Delivery = "at-least-once" | "at-most-once";

/** Which run of which cell. */
export interface RunKey {
  cell: Cell;
  wal: boolean;
  delivery: Delivery;
  run: number;
  lines: number;
}

/** A line of the report: a cell without or with the log WAL, and what a collector starts from. */
export interface Row {
  cell: Cell;
  wal: boolean;
  delivery: Delivery;
}

/** What was asked for in place of the rule. */
export interface PlanOptions {
  lines?: number;
  runs?: number;
}

/** A row's kind in words. */
export const kindOf = ({ wal, delivery }: Omit<Row, "cell">): string => (wal ? `${delivery}, WAL` : delivery);

export const fewLines = 20_000;
export const manyLines = 100_000;
const manyRuns = 3;

/**
 * All kinds of each cell, or those of `wals` and `deliveries`: with the log WAL delivery is at-most-once; without it
 * at-least-once, and at-most-once beside it where that makes a difference.
 */
export function rowsOf(
  cells: readonly Cell[],
  wals: readonly boolean[] = [false, true],
  deliveries: readonly Delivery[] = ["at-least-once", "at-most-once"],
): Row[] {
  const kinds: readonly Omit<Row, "cell">[] = [
    { wal: false, delivery: "at-least-once" },
    { wal: false, delivery: "at-most-once" },
    { wal: true, delivery: "at-most-once" },
  ];
  return cells.flatMap((cell) =>
    kinds
      .filter(({ wal, delivery }) => wals.includes(wal) && deliveries.includes(delivery))
      .filter(({ wal }) => !wal || cell.withoutWalOnly !== true)
      .filter(({ wal, delivery }) => wal || delivery === "at-least-once" || cell.bothDeliveries === true)
      .map((kind): Row => ({ cell, ...kind })),
  );
}

export const resultsOf = ({ cell, wal, delivery }: Row, results: readonly RunResult[]): RunResult[] =>
  results.filter((result) => result.cell === cell.name && result.wal === wal && result.delivery === delivery);

/** True where a run lost a line or sent one again. */
export const hasTrouble = ({ lostInLoki, pushed }: RunResult): boolean => lostInLoki > 0 || pushed.doubles > 0;

/**
 * The runs of a row that its results so far ask for: one of 20,000 lines; three of 100,000 where a line was lost or sent
 * again, or where the cell says so. A row that is known for trouble begins with a run of 100,000.
 */
function wanted({ cell, ...kind }: Row, own: readonly RunResult[], options: PlanOptions): RunKey[] {
  const runs = (count: number, lines: number): RunKey[] =>
    Array.from({ length: count }, (_unused, at) => ({ cell, ...kind, run: at + 1, lines }));
  if (options.lines !== undefined || options.runs !== undefined)
    return runs(options.runs ?? 1, options.lines ?? fewLines);
  const thorough = cell.always3 === true || own.some(hasTrouble);
  const first = cell.thorough === true ? runs(1, manyLines) : runs(1, fewLines);
  return thorough ? [...(cell.thorough === true ? [] : first), ...runs(manyRuns, manyLines)] : first;
}

/**
 * What is still to be run, in order: the first run of each row before any second one, so that a run of the matrix that is
 * cut short has something of every row. Pure.
 */
export function openRuns(rows: readonly Row[], results: readonly RunResult[], options: PlanOptions = {}): RunKey[] {
  return rows
    .flatMap((row) => {
      const own = resultsOf(row, results);
      return wanted(row, own, options)
        .filter(({ run, lines }) => !own.some((result) => result.run === run && result.lines === lines))
        .map((key) => ({ key, before: own.length }));
    })
    .sort((a, b) => a.before - b.before || a.key.run - b.key.run || a.key.lines - b.key.lines)
    .map(({ key }) => key);
}
