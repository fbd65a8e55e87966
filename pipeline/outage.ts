import { formatDuration, parseDuration } from "../kit/units";

// loki.write's own default (min_backoff_period), which the section leaves alone.
const firstPauseMs = 500;
const longestPauseMs = 30_000;
const shortestPauseMs = 1_000;

/**
 * The longest pause between two tries (`max_backoff_period`): a 120th of the budget, so that a short budget is kept as
 * closely as a long one; never above 30 s, after which a Loki that is back should be seen, nor below 1 s.
 */
export function longestPause(budget: string): string {
  return formatDuration(pauseMs(budget));
}

/**
 * How often loki.write has to try again so that it does not give up within `budget` (a duration such as `1h`), however
 * short its pauses turn out. It ends all the same, at the longest after twice the budget: Loki answers 429 for as long
 * as a stream is at its limit, and trying for ever would hold every other stream of the node.
 *
 * The range that a pause is drawn from doubles, starting at 500 ms to 1 s, until its upper end is the longest pause;
 * from then on neither end moves. Source: grafana/dskit backoff/backoff.go, NextDelay
 */
export function retriesWithin(budget: string): number {
  const budgetMs = milliseconds(budget);
  const longest = pauseMs(budget);
  let [low, high] = [firstPauseMs, Math.min(2 * firstPauseMs, longest)];
  let total = 0;
  let pauses = 0;
  while (total < budgetMs && high < longest) {
    total += low;
    pauses += 1;
    [low, high] = [Math.min(2 * low, longest), Math.min(2 * high, longest)];
  }
  const rest = Math.max(0, Math.ceil((budgetMs - total) / low));
  // One more than there are pauses: the last try has none behind it.
  return pauses + rest + 1;
}

function pauseMs(budget: string): number {
  return Math.min(longestPauseMs, Math.max(shortestPauseMs, Math.round(milliseconds(budget) / 120)));
}

function milliseconds(budget: string): number {
  const found = parseDuration(budget);
  if (found === undefined) throw new Error(`not a duration: ${budget}`);
  return found;
}
