import * as fs from "node:fs/promises";
import * as path from "node:path";

import { readJson, writeJson } from "../../kit/files";
import type { Cell } from "./cell";
import type { Counters } from "./collectors";
import type { Tally } from "./ledger";
import type { Delivery } from "./plan";

/** What one run of a cell gave. */
export interface RunResult {
  cell: string;
  wal: boolean;
  delivery: Delivery;
  run: number;
  lines: number;
  /** RFC 3339. */
  at: string;
  seconds: number;
  /** Of these, until the first line was written. */
  setUpSeconds: number;
  alloyVersion: string;
  containers: number;
  /** At the push endpoint: what Loki took. */
  pushed: Tally;
  /** Not found when Loki was read back. */
  lostInLoki: number;
  /** The same, of the namespaces that did not cause the fault. */
  lostOfOthers: number;
  /** Entries that Loki took while the collector did not hear of it; missing in results of before this was looked at. */
  unheard?: number;
  /** Written and not taken by Loki when the collectors were stopped at once. */
  underWay?: number;
  counters: Counters;
  /** Lines that the collectors threw away and counted. */
  counted: number;
  /** Where lines are missing, the longest ranges first: `container: first-last`. */
  missing: string[];
  /** Answers of the gate by status; 0 for resets. */
  answers: Record<number, number>;
  /** The most that lay in the three nodes' WAL directories together. */
  walBytes: number;
  /** Seconds from the end of the last fault, or of writing, until the last line arrived. */
  catchUpSeconds: number;
}

/** Whether a result is within what its cell allows, and why. */
export interface Verdict {
  holds: boolean;
  text: string;
}

// What may be under way when a collector stops: 10 MiB in the queue and two batches of 1 MiB, or a WAL segment. A node.
const queueBytes = 12 * 2 ** 20;
const segmentBytes = 128 * 2 ** 20;
const lineBytes = 160;

/**
 * Alloy writes its positions every 10 s; a link to them is taken within a second, and it is answered for 3 to 5 s later.
 * So a collector sends again what it has read in the last 16 s, and no more.
 */
export const againSeconds = 16;

/** How many lines a run may send again: those of 16 s for each time that the collectors stop. */
export function againBound({ steps, writeSeconds = 10 }: Cell, { lines }: Pick<RunResult, "lines">): number {
  const stops = steps.filter(({ do: what }) => ["signal", "rollout", "reboot"].includes(what)).length;
  return Math.ceil((lines / writeSeconds) * againSeconds * Math.max(1, stops));
}

/** Judges a result; pure. */
export function judgeRun(cell: Cell, result: RunResult): Verdict {
  const { lostInLoki: lost, counted, wal } = result;
  const atLeastOnce = cell.group === "collector stops" && result.delivery === "at-least-once";
  // No queue is lost: its lines are read again.
  const allowed = atLeastOnce ? "none" : cell.allowed;
  const twice = result.pushed.doubles === 0 ? "" : `, ${result.pushed.doubles} sent again`;
  if (typeof allowed === "object") return { holds: true, text: `${lost} lost: ${allowed.why}${twice}` };
  switch (allowed) {
    case "none": {
      if (atLeastOnce) {
        const bound = againBound(cell, result);
        const again = result.pushed.doubles;
        return { holds: lost === 0 && again <= bound, text: `${lost} lost, ${again} of at most ${bound} sent again` };
      }
      const again = cell.group !== "collector stops" || result.pushed.doublesOfOne <= 1;
      const text = again ? "" : `, up to ${result.pushed.doublesOfOne} of one container`;
      return { holds: lost === 0 && again, text: `${lost} lost${twice}${text}` };
    }
    case "counted": {
      // What Loki took without the collector hearing of it may be given up and counted although it is there.
      const there = counted - lost;
      const text = there > 0 ? `, of which ${there} are there: Loki took them and the answer was lost` : "";
      return {
        holds: there >= 0 && there <= (result.unheard ?? 0),
        text: `${lost} lost, ${counted} counted by the collectors${text}${twice}`,
      };
    }
    case "others-none":
      return {
        holds: result.lostOfOthers === 0,
        text: `${result.lostOfOthers} lost of other namespaces, ${lost} in all`,
      };
    case "queue":
      return judgeQueue(cell, lost, wal, result.underWay, twice);
    default:
      throw new Error(`no judgement for ${String(allowed satisfies never)}`);
  }
}

/** Within the bytes that a node may have under way; and, where a collector was killed, within what was under way. */
function judgeQueue(cell: Cell, lost: number, wal: boolean, underWay: number | undefined, twice: string): Verdict {
  const bytes = lost * Math.max(lineBytes, cell.lineBytes ?? 0);
  const bound = 3 * (wal ? segmentBytes : queueBytes);
  const killed = cell.steps.some((step) => step.do === "reboot" || (step.do === "signal" && step.signal === "SIGKILL"));
  const of = killed && underWay !== undefined ? ` of ${underWay} that were under way` : "";
  return {
    holds: bytes <= bound && (of === "" || lost <= (underWay ?? 0)),
    text: `${lost} lost${of}, about ${mebibytes(bytes)} of the ${bound / 2 ** 20} MiB that three nodes may${twice}`,
  };
}

/** As MiB with one digit behind the point. */
export const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Where a run's result lies; a run whose file is there is not run again. */
function resultFile(folder: string, key: Pick<RunResult, "cell" | "wal" | "delivery" | "run" | "lines">): string {
  const kind = key.wal ? "wal" : key.delivery;
  return path.join(folder, `${key.cell}-${kind}-${key.lines}-${key.run}.json`);
}

export async function saveResult(folder: string, result: RunResult): Promise<void> {
  await writeJson(resultFile(folder, result), result);
}

/** Forgets a run, so that it is run again. */
export async function removeResult(folder: string, key: Parameters<typeof resultFile>[1]): Promise<void> {
  await fs.rm(resultFile(folder, key), { force: true });
}

/** All results, none where nothing was run yet. */
export async function loadResults(folder: string): Promise<RunResult[]> {
  const files = await fs.readdir(folder).catch(() => []); // nothing was run yet
  const results = await Promise.all(
    files.filter((file) => file.endsWith(".json")).map((file) => readJson<RunResult>(path.join(folder, file))),
  );
  return results.filter((result) => result !== undefined);
}
