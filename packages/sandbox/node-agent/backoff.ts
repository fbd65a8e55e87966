const first = 10_000;
const longest = 300_000;
/** A container that ran this long starts anew without a delay; twice the longest delay, as a kubelet has it. */
const forgiven = 2 * longest;

/** How often a container ended in a row without having run long. */
export interface Backoff {
  failures: number;
}

/**
 * Delay before the next start of a container that has just ended after `ranMs`: none after the first end, then 10 s
 * doubled up to 5 min, as a kubelet does.
 */
export function nextDelay(backoff: Backoff, ranMs: number): { delayMs: number; backoff: Backoff } {
  const failures = ranMs >= forgiven ? 1 : backoff.failures + 1;
  const delayMs = failures <= 1 ? 0 : Math.min(first * 2 ** (failures - 2), longest);
  return { delayMs, backoff: { failures } };
}
