import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/** How long to wait between two answers; each takes some seconds itself. */
const pauseMs = 5_000;

/**
 * Looks again and again until Ctrl-C.
 *
 * @param show gets every answer as it comes
 * @returns an answer without a text, since it was shown, and with the last one's exit code
 */
export async function repeat<T extends { exitCode: 0 | 1 }>(
  look: () => Promise<T>,
  show: (answer: T) => void,
): Promise<{ exitCode: 0 | 1 }> {
  const ended = new AbortController();
  void once(process, "SIGINT").then(() => ended.abort());
  let exitCode: 0 | 1 = 1;
  while (!ended.signal.aborted) {
    const answer = await look();
    if (ended.signal.aborted) break;
    show(answer);
    ({ exitCode } = answer);
    await sleep(pauseMs, undefined, { signal: ended.signal }).catch(() => undefined);
  }
  return { exitCode };
}
