import { parseDuration } from "../settings/units";

/** The pause between two tries once the client has backed off fully; the section `logs` says the same. */
const backoffPeriodMs = 30_000;

// From 500 ms, doubling, six tries are made before the pause reaches its full length: they are short and are added.
const shortTries = 6;

/**
 * How often loki.write has to try again so that it does not give up within `budget` (a duration such as `1h`). It ends
 * all the same: Loki answers 429 for as long as a stream is at its limit, and trying for ever would hold every other
 * stream of the node. Source of the pauses: grafana/dskit backoff/backoff.go
 */
export function retriesWithin(budget: string): number {
  const milliseconds = parseDuration(budget);
  if (milliseconds === undefined) throw new Error(`not a duration: ${budget}`);
  return Math.ceil(milliseconds / backoffPeriodMs) + shortTries;
}
