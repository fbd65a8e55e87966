/** How many errors of one collector are shown. */
const shownErrors = 3;

// Alloy says this of a pod that has gone while it was asked for. It is no error.
const goneWhileAsked = /\blevel=warn msg="(?:could not get pod info|tailer stopped)[^"]*".*: context canceled"?$/;

/** An error that a collector has logged. */
export interface CollectorError {
  /** The line from `level=` on, as Alloy words it. */
  text: string;
  /** When it was logged last, in milliseconds since 1970; undefined if the line has no time. */
  at: number | undefined;
}

/**
 * The newest errors in a collector's log, newest first, each reason once, since the same refusal is logged at every
 * retry. An error is a line of level error or warn with `err=` or, as loki.write words it, `error=`.
 *
 * @param log the log of the node's collectors, over all their lives
 * @param since lines of an earlier time are left out (milliseconds since 1970): they are of a collector that has ended
 */
export function newestErrors(log: string, since = 0): CollectorError[] {
  const found = new Map<string, CollectorError>();
  for (const line of log.split("\n").reverse()) {
    if (found.size === shownErrors) break;
    if (!/\blevel=(error|warn)\b/.test(line) || !/\berr(?:or)?=/.test(line) || goneWhileAsked.test(line)) continue;
    const at = timeOf(line);
    if (at !== undefined && at < since) continue;
    const text = line.replace(/^.*?\blevel=/, "level=");
    // The targets differ, the reason is the same.
    const reason = /\berr(?:or)?="((?:[^"\\]|\\.)*)"/.exec(text)?.[1]?.replace(/\\"[^"\\]*\\"/g, "…") ?? text;
    if (!found.has(reason)) found.set(reason, { text, at });
  }
  return [...found.values()];
}

function timeOf(line: string): number | undefined {
  const at = Date.parse(/\bts=(\S+)/.exec(line)?.[1] ?? "");
  return Number.isNaN(at) ? undefined : at;
}

/** A refused collector tries again after 10 seconds at most, and logs each refusal: an older one is over. */
const retryMs = 30_000;

/** Whether an error says that the collector is refused now: by the API server (403, 401), by Loki or by Prometheus. */
export function isRefusal({ text, at }: CollectorError, now: number): boolean {
  const refused = /forbidden|unauthorized|status=40[13]|HTTP status 40[13]|server returned HTTP status 40[13]/i;
  return refused.test(text) && (at === undefined || now - at < retryMs);
}
