import { errorText } from "../../kit/error-text";
import { UserError } from "../../kit/user-error";
import { kindOf, openRuns, type PlanOptions, type Row, type RunKey } from "./plan";
import type { RunResult } from "./result";

/** What the lanes share: which runs are under way, and which have failed too often. */
export class Queue {
  private readonly underWay = new Set<string>();
  private readonly failures = new Map<string, number>();

  constructor(
    private readonly rows: readonly Row[],
    private readonly options: PlanOptions,
    private readonly results: RunResult[],
    private readonly until: number,
  ) {}

  /** How many runs are known to be open; more may follow from what they give. */
  get open(): number {
    return openRuns(this.rows, this.results, this.options).length;
  }

  /** The next run that no lane has; undefined at the end, or once time is up. */
  take(rows: (row: Row) => boolean = () => true): RunKey | undefined {
    if (Date.now() >= this.until) return undefined;
    const open = openRuns(this.rows.filter(rows), this.results, this.options).filter((key) => {
      const name = nameOf(key);
      return !this.underWay.has(name) && (this.failures.get(name) ?? 0) < 2;
    });
    // One that failed is tried once more, behind all others.
    const key = open.find((candidate) => !this.failures.has(nameOf(candidate))) ?? open[0];
    if (key !== undefined) this.underWay.add(nameOf(key));
    return key;
  }

  /** A run has given a result. */
  done(key: RunKey, result: RunResult): void {
    this.underWay.delete(nameOf(key));
    this.results.push(result);
  }

  /** A lane ends without having begun the run: another one may take it. */
  giveBack(key: RunKey): void {
    this.underWay.delete(nameOf(key));
  }

  /** A run has failed. What a person did wrong would be wrong with each of them, so that is thrown. */
  failed(key: RunKey, error: unknown): string {
    if (error instanceof UserError) throw error;
    this.underWay.delete(nameOf(key));
    this.failures.set(nameOf(key), (this.failures.get(nameOf(key)) ?? 0) + 1);
    return errorText(error);
  }
}

/** A run in words. */
export const nameOf = ({ cell, lines, run, ...kind }: RunKey): string =>
  `${cell.name}, ${kindOf(kind)}, ${lines} lines, run ${run}`;
