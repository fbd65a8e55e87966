import { startTimeOf } from "./proc-stat";

/** Where a process was started for: the folder of a sandbox, or of a cache. */
export const placeVariable = "ALLOY_STARTED_FOR";
/** The command that started it: pid, blank, start time. */
export const ownerVariable = "ALLOY_STARTED_BY";

/**
 * Variables for whatever a command starts. A record is written a moment after a process is there, and a command that is
 * killed in between, or while the engine works, leaves processes that no record names: by these they are found.
 */
export async function ownerMarks(place: string): Promise<Record<string, string>> {
  return { [placeVariable]: place, [ownerVariable]: `${process.pid} ${(await startTimeOf(process.pid)) ?? "ended"}` };
}
