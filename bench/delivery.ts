import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../kit/repo-root";
import { errorText } from "../kit/error-text";
import { wholeNumber } from "../commands/command-line/parse";
import { runVerb } from "../commands/command-line/run";
import { defineVerb, type Answer } from "../commands/command-line/verb";
import { stopSandbox, withSandboxLock } from "../packages/sandbox/start/lifecycle";
import { type SandboxPaths } from "../packages/sandbox/paths";
import { UserError } from "../kit/user-error";
import type { Cell } from "./delivery/cell";
import { cells } from "./delivery/cells";
import { nameOf, Queue } from "./delivery/lanes";
import { resultsOf, rowsOf, type Delivery, type PlanOptions, type Row, type RunKey } from "./delivery/plan";
import { lanePaths, resultsFolder, startPlatform, stopPlatform, type Platform } from "./delivery/platform";
import { reportOf } from "./delivery/report";
import { judgeRun, loadResults, removeResult, saveResult } from "./delivery/result";
import { rotationFollowed } from "./delivery/rotation";
import { runCell } from "./delivery/run-cell";

const log = (text: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);

const verb = defineVerb({
  name: "delivery",
  typed: "npm run bench:delivery",
  summary: "Play faults against real collectors and write docs/delivery.md",
  description: [
    "Plays the matrix of faults, but for the runs that have a result already, and writes docs/delivery.md from all " +
      "results. delivery/plan.ts says which runs a row wants.",
  ],
  arguments: {},
  flags: {
    cell: { meaning: "Only these faults, with commas between them", value: "NAMES" },
    wal: { meaning: "Only with this setting of the log write-ahead log", value: "SETTING", choices: ["on", "off"] },
    delivery: {
      ...{ meaning: "Only with this setting of alloy:delivery", value: "SETTING" },
      choices: ["at-least-once", "at-most-once"],
    },
    lines: { meaning: "Lines a run", value: "N", default: "as the plan says" },
    runs: { meaning: "Runs a row", value: "N", default: "as the plan says" },
    lanes: { meaning: "Runs that go on side by side, each on a platform of its own", value: "N", default: "2" },
    minutes: { meaning: "Begin no new run after this time; the rest can be run another day", value: "N" },
    again: { meaning: "Forget the results of these rows first" },
    report: { meaning: "Play nothing, write the report only" },
  },
  examples: [],
  exitCodes: { 0: "the report is written", 1: "a run was refused" },
  run: async ({ flags }) => {
    if (flags.report) return writeReport();
    const number = (flag: "minutes" | "lines" | "runs" | "lanes"): number | undefined =>
      flags[flag] === undefined ? undefined : wholeNumber("npm run bench:delivery", flag, flags[flag]);
    const minutes = number("minutes") ?? Number.POSITIVE_INFINITY;
    const rows = rowsOf(
      chosen(flags.cell),
      flags.wal === undefined ? undefined : [flags.wal === "on"],
      flags.delivery === undefined ? undefined : [flags.delivery as Delivery],
    );
    const options: PlanOptions = { lines: number("lines"), runs: number("runs") };
    if (flags.again)
      for (const result of await loadResults(resultsFolder()))
        if (rows.some((row) => resultsOf(row, [result]).length > 0)) await removeResult(resultsFolder(), result);
    const queue = new Queue(rows, options, await loadResults(resultsFolder()), Date.now() + minutes * 60_000);
    log(`${queue.open} runs to do; where lines are lost or sent again, more follow`);
    const lanes = Math.min(number("lanes") ?? 2, queue.open);
    await inLanes(lanes, (lane) => runLane(lane, queue));
    return writeReport();
  },
});

void runVerb(verb, process.argv.slice(2));

/** Ends when all lanes have ended, so that none is left running; then the first failure is thrown. */
async function inLanes(lanes: number, action: (lane: number) => Promise<void>): Promise<void> {
  const ends = await Promise.allSettled(Array.from({ length: lanes }, (_unused, lane) => action(lane)));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

async function runLane(lane: number, queue: Queue): Promise<void> {
  const paths = lanePaths(lane);
  const say = (text: string): void => log(`[${lane}] ${text}`);
  await withSandboxLock(paths, "npm run bench:delivery", async () => {
    // The first lane begins with what needs another window of Loki, and each of them has to end with the usual one.
    for (const window of ["1m", "1h"] as const) {
      const own = (row: Row): boolean => (row.cell.window ?? "1h") === window;
      let next = queue.take(own);
      if (next === undefined) continue;
      const first = next;
      const platform = await startPatiently(paths, window, say).catch((error: unknown) => {
        queue.giveBack(first);
        say(`this lane ends: ${errorText(error)}`);
        throw error;
      });
      try {
        const follows = await rotationFollowed(platform);
        if (!follows) say("the log server does not follow a file that is rotated: log-rotation is not measurable here");
        const measurable = (row: Row): boolean => own(row) && (follows || row.cell.rotateSeconds === undefined);
        for (; next !== undefined; next = queue.take(measurable)) await runOne(platform, next, queue, say);
      } finally {
        await stopPlatform(platform);
      }
    }
  });
}

/** A busy machine may not get a cluster up in time; a lane that gives up at once would leave its half to the others. */
async function startPatiently(
  paths: SandboxPaths,
  window: "1h" | "1m",
  say: (text: string) => void,
): Promise<Platform> {
  for (let left = 2; ; left--) {
    try {
      return await startPlatform(paths, window, say);
    } catch (error) {
      if (left === 0) throw error;
      say(`the platform did not come up (${errorText(error)}); once more`);
      await stopSandbox(paths);
    }
  }
}

async function runOne(platform: Platform, key: RunKey, queue: Queue, say: (text: string) => void): Promise<void> {
  say(nameOf(key));
  try {
    const result = await runCell(platform, key, (text) => say(`  ${text}`));
    await saveResult(resultsFolder(), result);
    queue.done(key, result);
    const verdict = judgeRun(key.cell, result);
    say(`  ${verdict.holds ? "holds" : "BROKEN"}: ${verdict.text} (${result.seconds} s); ${queue.open} open`);
  } catch (error) {
    say(`  failed: ${queue.failed(key, error)}`);
  }
}

function chosen(names: string | undefined): Cell[] {
  if (names === undefined) return [...cells];
  return names.split(",").map((name) => {
    const cell = cells.find((candidate) => candidate.name === name);
    if (cell !== undefined) return cell;
    const known = cells.map((candidate) => candidate.name).join(", ");
    throw UserError.cannotTell(
      "npm run bench:delivery",
      "--cell",
      `there is no cell ${name}`,
      `the cells are ${known}`,
    );
  });
}

async function writeReport(): Promise<Answer> {
  const { format, resolveConfig } = await import("prettier");
  const file = path.join(repoRoot, "docs", "delivery.md");
  const text = reportOf(cells, await loadResults(resultsFolder()), {
    cpus: os.cpus().length,
    memoryGib: Math.round(os.totalmem() / 2 ** 30),
    node: process.version,
  });
  const options = (await resolveConfig(file)) ?? {};
  await fs.writeFile(file, await format(text, { ...options, parser: "markdown" }));
  return { text: path.relative(process.cwd(), file) };
}
