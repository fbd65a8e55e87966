import { setTimeout as sleep } from "node:timers/promises";

/** How long to ask, and how often. */
export interface Patience {
  timeoutMs: number;
  everyMs: number;
  /** Ends the waiting with its reason. */
  signal?: AbortSignal;
}

/**
 * The one waiting loop: asks until there is an answer, at least once. What it means that there is none is the caller's
 * to say.
 *
 * @param look gives undefined as long as it is to be asked again; what it throws ends the waiting
 * @returns the answer, or undefined once time is up
 */
export async function askUntil<T>(
  look: () => Promise<T | undefined>,
  { timeoutMs, everyMs, signal }: Patience,
): Promise<T | undefined> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const answer = await look();
    if (answer !== undefined) return answer;
    signal?.throwIfAborted();
    if (Date.now() >= until) return undefined;
    await sleep(everyMs, undefined, { signal });
  }
}
