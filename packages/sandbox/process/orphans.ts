import * as fs from "node:fs/promises";

import { ownerVariable, placeVariable, startTimeOf, statFields } from "../../../kit/process-marks";
import { endProcess, isRunning, type ProcessRecord } from "./processes";

/** A process that carries the marks of a place. */
export interface MarkedProcess {
  pid: number;
  startTime: string;
  /** The first word of its command line. */
  command: string;
  owner: Pick<ProcessRecord, "pid" | "startTime">;
}

/** Every process of this user that was started for a place, by whichever command, and what these have started. */
export async function markedProcesses(place: string): Promise<MarkedProcess[]> {
  const pids = (await fs.readdir("/proc")).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid): Promise<MarkedProcess | undefined> => {
      // Other users' processes cannot be read, and processes end while they are looked at.
      const environment = (await fs.readFile(`/proc/${pid}/environ`, "utf8").catch(() => "")).split("\0");
      if (!environment.includes(`${placeVariable}=${place}`)) return undefined;
      const owner = environment.find((entry) => entry.startsWith(`${ownerVariable}=`))?.slice(ownerVariable.length + 1);
      const [ownerPid, ownerStart = ""] = owner?.split(" ") ?? [];
      const startTime = await startTimeOf(pid);
      if (ownerPid === undefined || startTime === undefined) return undefined;
      const commandLine = await fs.readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      const command = commandLine.split("\0")[0] ?? "";
      return { pid, startTime, command, owner: { pid: Number(ownerPid), startTime: ownerStart } };
    }),
  );
  return found.filter((process) => process !== undefined);
}

/** The processes that {@link endOrphans} would end. */
export async function findOrphans(place: string, kept: readonly number[] = [], own = false): Promise<MarkedProcess[]> {
  const parents = await parentsOfAll();
  const orphans: MarkedProcess[] = [];
  for (const marked of await markedProcesses(place)) {
    const deserted = (own && marked.owner.pid === process.pid) || !(await isRunning(marked.owner));
    if (deserted && !descends(marked.pid, kept, parents)) orphans.push(marked);
  }
  return orphans;
}

/**
 * Ends what commands that were killed have left behind for a place. What belongs to a command that runs, and the
 * processes `kept` with everything they have started, are left alone.
 *
 * @param own also what this command itself has started: it is being interrupted
 * @returns the commands that were ended
 */
export async function endOrphans(place: string, kept: readonly number[] = [], own = false): Promise<string[]> {
  const ended: string[] = [];
  // One that is ended may just have started another: until a look finds none.
  for (let round = 0; round < 50; round++) {
    const orphans = await findOrphans(place, kept, own);
    if (orphans.length === 0) return ended;
    await Promise.all(orphans.map((orphan) => endProcess(orphan, 0)));
    ended.push(...orphans.map(({ command }) => command));
  }
  throw new Error(`processes that were started for ${place} come back as soon as they are ended: ${ended.join(", ")}`);
}

function descends(pid: number, ancestors: readonly number[], parents: ReadonlyMap<number, number>): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) {
    if (ancestors.includes(at)) return true;
  }
  return false;
}

/** Every process of this machine with its parent's pid. */
async function parentsOfAll(): Promise<Map<number, number>> {
  const pids = (await fs.readdir("/proc")).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const parents = new Map<number, number>();
  await Promise.all(
    pids.map(async (pid) => {
      const stat = await fs.readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined); // ended meanwhile
      if (stat !== undefined) parents.set(pid, Number(statFields(stat)[1]));
    }),
  );
  return parents;
}
