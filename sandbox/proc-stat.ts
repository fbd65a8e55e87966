import * as fs from "node:fs/promises";

/** Start time of a live process, undefined where it has ended or is a zombie. */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  const stat = await fs.readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined); // ended
  return stat === undefined ? undefined : startTimeFromStat(stat);
}

/**
 * Field 22 of a /proc/PID/stat line (proc(5)), undefined for a process that has ended: state X, or a zombie without
 * another thread. The first thread of a process that was killed is a zombie while others still hold its ports and files;
 * whoever took that for the end found the port taken.
 */
export function startTimeFromStat(stat: string): string | undefined {
  // The second field is the command in brackets and may hold blanks and brackets itself.
  const fields = stat
    .slice(stat.lastIndexOf(")") + 1)
    .trim()
    .split(/\s+/);
  const [state, threads, startTime] = [fields[0], Number(fields[17]), fields[19]];
  return state === "X" || (state === "Z" && threads <= 1) ? undefined : startTime;
}
