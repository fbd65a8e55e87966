import * as fs from "node:fs/promises";

/**
 * What tells a live process from every other one that had or will have its pid: this boot of the machine, and the start
 * time in clock ticks since then. Undefined if it has ended or is a zombie, or if this machine has no /proc.
 */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  const stat = await fs.readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined); // ended
  const ticks = stat === undefined ? undefined : startTimeFromStat(stat);
  return ticks === undefined ? undefined : `${await thisBoot()}/${ticks}`;
}

/** Linux counts a process's start in hundredths of a second since boot, on every platform (USER_HZ, proc(5)). */
const ticksPerSecond = 100;

/** When a process began, in milliseconds since 1970; undefined if it has ended. Exact to a second. */
export async function startedAt(pid: number): Promise<number | undefined> {
  const [stat, machine] = await Promise.all(
    [`/proc/${pid}/stat`, "/proc/stat"].map((file) => fs.readFile(file, "utf8").catch(() => "")),
  );
  const ticks = startTimeFromStat(stat ?? "");
  const bootSeconds = /^btime (\d+)$/m.exec(machine ?? "")?.[1];
  if (ticks === undefined || bootSeconds === undefined) return undefined;
  return Number(bootSeconds) * 1_000 + (Number(ticks) * 1_000) / ticksPerSecond;
}

let boot: Promise<string> | undefined;

/** Ticks since boot alone would match again after a reboot, because services get the same pids at the same time. */
function thisBoot(): Promise<string> {
  boot ??= fs.readFile("/proc/sys/kernel/random/boot_id", "utf8").then(
    (text) => text.trim(),
    () => "unknown-boot", // some container runtimes hide it: the ticks have to do
  );
  return boot;
}

/**
 * Field 22 of a /proc/PID/stat line (proc(5)), undefined for a process that has ended: state X, or a zombie without
 * another thread. The first thread of a process that was killed is a zombie while others still hold its ports and files;
 * whoever took that for the end found the port taken.
 */
export function startTimeFromStat(stat: string): string | undefined {
  const fields = statFields(stat);
  const [state, threads, startTime] = [fields[0], Number(fields[17]), fields[19]];
  return state === "X" || (state === "Z" && threads <= 1) ? undefined : startTime;
}

/** From the third field on: the second is the command in brackets and may hold blanks and brackets itself. */
export function statFields(stat: string): string[] {
  return stat
    .slice(stat.lastIndexOf(")") + 1)
    .trim()
    .split(/\s+/);
}

/** Where a process was started for: the folder of a sandbox, or of a cache. */
export const placeVariable = "ALLOY_STARTED_FOR";
/** The command that started it: pid, blank, start time. */
export const ownerVariable = "ALLOY_STARTED_BY";

/**
 * Variables for whatever a command starts. A command that is killed while the engine works leaves processes that no
 * record names: these variables tell `npm start` and `sandbox:down` whose they are.
 */
export async function ownerMarks(place: string): Promise<Record<string, string>> {
  return { [placeVariable]: place, [ownerVariable]: `${process.pid} ${(await startTimeOf(process.pid)) ?? "ended"}` };
}
