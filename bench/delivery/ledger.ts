import type { PushedStream } from "../../packages/sandbox/servers/push-request";

/** The text of a line: who wrote it and as which one; filled up to `bytes` where that is more. */
export function lineText(container: number, sequence: number, bytes = 0): string {
  const head = `id=${String(container).padStart(3, "0")} seq=${String(sequence).padStart(6, "0")}`;
  const text = `${head} level=info msg="request served" method=GET path=/api/items/${sequence % 977} status=200 duration=${(sequence * 37) % 900}ms trace=0123456789abcdef`;
  return text.length >= bytes ? text : `${text} body=`.padEnd(bytes, "0123456789abcdef");
}

/** How much of a line {@link readLine} needs. */
export const headLength = "id=000 seq=000000 ".length;

/** Container and number of a line of ours; undefined for any other line. */
export function readLine(line: string): { container: number; sequence: number } | undefined {
  const match = /^id=(\d{3}) seq=(\d{6}) /.exec(line);
  return match === null ? undefined : { container: Number(match[1]), sequence: Number(match[2]) };
}

/** What was lost and what came twice, of the containers that were asked for. */
export interface Tally {
  written: number;
  /** Written, and never taken. */
  lost: number;
  /** Takes beyond the first of a line. */
  doubles: number;
  /** The most doubles that one container had. */
  doublesOfOne: number;
}

/** Counts each line that was written and each time that it was taken. */
export class Ledger {
  private readonly written: number[] = [];
  private readonly taken = new Map<number, Uint16Array>();
  /** Different lines that were taken at least once. */
  arrived = 0;

  constructor(private readonly linesAtMost: number) {}

  /** Gives the next number of a container, beginning with 0. */
  next(container: number): number {
    const sequence = this.written[container] ?? 0;
    this.written[container] = sequence + 1;
    return sequence;
  }

  get total(): number {
    return this.written.reduce((sum, count) => sum + count, 0);
  }

  takeStreams(streams: readonly PushedStream[]): void {
    for (const { entries } of streams) for (const { line } of entries) this.take(line);
  }

  take(line: string): void {
    const found = readLine(line);
    if (found === undefined) return;
    let counts = this.taken.get(found.container);
    if (counts === undefined) {
      counts = new Uint16Array(this.linesAtMost);
      this.taken.set(found.container, counts);
    }
    const before = counts[found.sequence] ?? 0;
    if (before === 0) this.arrived += 1;
    counts[found.sequence] = before + 1;
  }

  /** The same lines written, none of them taken: to count once more at another place. */
  withNothingTaken(): Ledger {
    const copy = new Ledger(this.linesAtMost);
    copy.written.push(...Array.from(this.written, (count) => count ?? 0)); // a container may not have begun yet
    return copy;
  }

  /** Ranges of lines that were never taken, the longest first: `container: first-last`. */
  missing(atMost = 10): string[] {
    const ranges: { text: string; length: number }[] = [];
    for (const [container, written] of this.written.entries()) {
      const counts = this.taken.get(container);
      let first = -1;
      for (let sequence = 0; sequence <= (written ?? 0); sequence++) {
        const gap = sequence < (written ?? 0) && (counts?.[sequence] ?? 0) === 0;
        if (gap && first < 0) first = sequence;
        if (gap || first < 0) continue;
        ranges.push({ text: `${container}: ${first}-${sequence - 1}`, length: sequence - first });
        first = -1;
      }
    }
    return ranges
      .sort((a, b) => b.length - a.length)
      .slice(0, atMost)
      .map(({ text }) => text);
  }

  /** The sum over containers for which `which` is true. */
  tally(which: (container: number) => boolean = () => true): Tally {
    const sum: Tally = { written: 0, lost: 0, doubles: 0, doublesOfOne: 0 };
    for (const [container, written] of this.written.entries()) {
      if (!which(container)) continue;
      const counts = this.taken.get(container);
      let doubles = 0;
      for (let sequence = 0; sequence < (written ?? 0); sequence++) {
        const times = counts?.[sequence] ?? 0;
        if (times === 0) sum.lost += 1;
        else doubles += times - 1;
      }
      sum.written += written ?? 0;
      sum.doubles += doubles;
      sum.doublesOfOne = Math.max(sum.doublesOfOne, doubles);
    }
    return sum;
  }
}
