import { formatBytes } from "./disk";
import { formatDuration } from "./durations";
import type { Release } from "./releases";

/** The speed is that of the last seconds, so that a pause shows. */
const windowMs = 10_000;
/** One line of a terminal. */
const namedAtMost = 4;

/** Sums up downloads that go on side by side, for one line that tells how far they are. */
export class DownloadProgress {
  private readonly there = new Map<string, number>();
  private readonly totals = new Map<string, number>();
  private readonly done = new Set<string>();
  private samples: { at: number; bytes: number }[] = [];

  constructor(releases: readonly Release[]) {
    for (const { name, bytes, megabytes } of releases) this.totals.set(name, bytes ?? megabytes * 1_000_000);
  }

  /** Takes what `fetchFile` tells of one download. */
  update(name: string, there: number, total: number | undefined): void {
    this.there.set(name, there);
    if (total !== undefined) this.totals.set(name, total);
  }

  /** It is there, or it will not be waited for any more. */
  end(name: string): void {
    this.done.add(name);
    if (!this.there.has(name)) this.totals.delete(name);
    else this.totals.set(name, this.there.get(name) ?? 0);
  }

  /** `312 MB of 748 MB, 11 MB/s, about 40 s left: alloy, loki`. */
  text(now = Date.now()): string {
    const there = sum(this.there);
    const total = Math.max(there, sum(this.totals));
    this.samples = [...this.samples.filter(({ at }) => now - at <= windowMs), { at: now, bytes: there }];
    const first = this.samples[0];
    const seconds = first === undefined ? 0 : (now - first.at) / 1_000;
    const speed = first === undefined || seconds === 0 ? 0 : (there - first.bytes) / seconds;
    const rate =
      speed > 0 ? `, ${formatBytes(speed)}/s, about ${formatDuration(((total - there) / speed) * 1_000)} left` : "";
    const open = [...this.totals.keys()].filter((name) => !this.done.has(name));
    const names =
      open.length > namedAtMost ? [...open.slice(0, namedAtMost - 1), `${open.length - namedAtMost + 1} more`] : open;
    return `${formatBytes(there)} of ${formatBytes(total)}${rate}${open.length === 0 ? "" : `: ${names.join(", ")}`}`;
  }
}

function sum(numbers: ReadonlyMap<string, number>): number {
  return [...numbers.values()].reduce((total, number) => total + number, 0);
}
