import * as fs from "node:fs/promises";
import * as path from "node:path";

import { readJson, writeJson } from "../../sandbox/files";
import type { SandboxPaths } from "../../sandbox/paths";
import type { Cell } from "./cells";
import type { Counters } from "./collectors";
import type { Tally } from "./ledger";

/** What one run of a cell gave. */
export interface RunResult {
  cell: string;
  wal: boolean;
  run: number;
  lines: number;
  /** RFC 3339. */
  at: string;
  seconds: number;
  alloyVersion: string;
  containers: number;
  /** At the push endpoint: what Loki took. */
  pushed: Tally;
  /** Not found when Loki was read back. */
  lostInLoki: number;
  /** The same, of the namespaces that did not cause the fault. */
  lostOfOthers: number;
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

/** Judges a result; pure. */
export function judgeRun(cell: Cell, result: RunResult): Verdict {
  const { lostInLoki: lost, counted, wal } = result;
  const allowed = cell.allowed;
  const twice = result.pushed.doubles === 0 ? "" : `, ${result.pushed.doubles} sent again`;
  if (typeof allowed === "object") return { holds: true, text: `${lost} lost: ${allowed.why}${twice}` };
  switch (allowed) {
    case "none": {
      const again = cell.group !== "collector stops" || result.pushed.doublesOfOne <= 1;
      const text = again ? "" : `, up to ${result.pushed.doublesOfOne} of one container`;
      return { holds: lost === 0 && again, text: `${lost} lost${twice}${text}` };
    }
    case "counted":
      return { holds: lost === counted, text: `${lost} lost, ${counted} counted by the collectors${twice}` };
    case "others-none":
      return {
        holds: result.lostOfOthers === 0,
        text: `${result.lostOfOthers} lost of other namespaces, ${lost} in all`,
      };
    case "queue": {
      const bound = 3 * (wal ? segmentBytes : queueBytes);
      return {
        holds: lost * lineBytes <= bound,
        text: `${lost} lost, about ${((lost * lineBytes) / 2 ** 20).toFixed(1)} MiB of the ${bound / 2 ** 20} MiB that three nodes may${twice}`,
      };
    }
    default:
      throw new Error(`no judgement for ${String(allowed satisfies never)}`);
  }
}

const folder = (paths: SandboxPaths): string => path.join(paths.root, "results");

/** Where a run's result lies; a run whose file is there is not run again. */
export function resultFile(paths: SandboxPaths, key: Pick<RunResult, "cell" | "wal" | "run" | "lines">): string {
  return path.join(folder(paths), `${key.cell}-${key.wal ? "wal" : "queue"}-${key.lines}-${key.run}.json`);
}

export async function saveResult(paths: SandboxPaths, result: RunResult): Promise<void> {
  await writeJson(resultFile(paths, result), result);
}

export async function loadResults(paths: SandboxPaths): Promise<RunResult[]> {
  const files = await fs.readdir(folder(paths)).catch(() => []); // nothing was run yet
  const results = await Promise.all(
    files.filter((file) => file.endsWith(".json")).map((file) => readJson<RunResult>(path.join(folder(paths), file))),
  );
  return results.filter((result) => result !== undefined);
}
