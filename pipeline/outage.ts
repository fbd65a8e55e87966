import { parseDuration } from "../settings/units";

// The section `logs` says max_backoff_period = "30s". From 500 ms on, the range that a pause is drawn from doubles until
// its upper end is 30 s, and stays there: any pause from 16 s to 30 s, so that 16 s is all that can be counted on.
// Source: grafana/dskit backoff/backoff.go, NextDelay
const shortestPauseMs = 16_000;

// The tries whose pauses are shorter than that: 0.5, 1, 2, 4 and 8 s. One more, since the last try has no pause.
const shortTries = 6;

/**
 * How often loki.write has to try again so that it does not give up within `budget` (a duration such as `1h`), however
 * short its pauses turn out; with usual ones it gives up after 1.4 times the budget. It ends all the same: Loki answers
 * 429 for as long as a stream is at its limit, and trying for ever would hold every other stream of the node.
 */
export function retriesWithin(budget: string): number {
  const milliseconds = parseDuration(budget);
  if (milliseconds === undefined) throw new Error(`not a duration: ${budget}`);
  return Math.ceil(milliseconds / shortestPauseMs) + shortTries;
}
