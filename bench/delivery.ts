import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../kit/repo-root";
import { errorText } from "../kit/error-text";
import { runCommand, type CommandCall } from "../commands/command";
import { stopSandbox, withSandboxLock } from "../packages/sandbox/start/lifecycle";
import { type SandboxPaths } from "../packages/sandbox/paths";
import { UserError } from "../kit/user-error";
import type { Cell } from "./delivery/cell";
import { cells } from "./delivery/cells";
import { nameOf, Queue } from "./delivery/lanes";
import { resultsOf, rowsOf, type PlanOptions, type Row, type RunKey } from "./delivery/plan";
import { lanePaths, resultsFolder, startPlatform, stopPlatform, type Platform } from "./delivery/platform";
import { reportOf } from "./delivery/report";
import { judgeRun, loadResults, removeResult, saveResult } from "./delivery/result";
import { rotationFollowed } from "./delivery/rotation";
import { runCell } from "./delivery/run-cell";

const log = (text: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);

/**
 * `npm run bench:delivery [-- --cell NAME,… --wal on|off --lines N --runs N --lanes N --minutes N --again --report]`: plays the
 * matrix of faults, what has a result left out, and writes docs/delivery.md from all results. Which runs a row wants is in
 * delivery/plan.ts; `--lines` and `--runs` ask for others. `--lanes` (2) runs go on side by side, each on a platform of
 * its own. `--minutes` begins no new run after that time, so that the rest can be run another day; `--report` begins
 * none.
 */
runCommand(
  "bench:delivery",
  [],
  async ({ values }) => {
    if (values["report"] === true) return writeReport();
    const minutes = numberOf(values["minutes"]) ?? Number.POSITIVE_INFINITY;
    const rows = rowsOf(chosen(values["cell"]), { on: [true], off: [false] }[String(values["wal"])]);
    const options: PlanOptions = { lines: numberOf(values["lines"]), runs: numberOf(values["runs"]) };
    if (values["again"] === true)
      for (const result of await loadResults(resultsFolder()))
        if (rows.some((row) => resultsOf(row, [result]).length > 0)) await removeResult(resultsFolder(), result);
    const queue = new Queue(rows, options, await loadResults(resultsFolder()), Date.now() + minutes * 60_000);
    log(`${queue.open} runs to do; where lines are lost or sent again, more follow`);
    const lanes = Math.min(numberOf(values["lanes"]) ?? 2, queue.open);
    await inLanes(lanes, (lane) => runLane(lane, queue));
    await writeReport();
  },
  {
    cell: { type: "string" },
    wal: { type: "string" },
    lines: { type: "string" },
    runs: { type: "string" },
    lanes: { type: "string" },
    minutes: { type: "string" },
    again: { type: "boolean" },
    report: { type: "boolean" },
  },
);

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

type Values = CommandCall["values"];

function chosen(names: Values[string]): Cell[] {
  if (typeof names !== "string") return [...cells];
  return names.split(",").map((name) => {
    const cell = cells.find((candidate) => candidate.name === name);
    if (cell !== undefined) return cell;
    const known = cells.map((candidate) => candidate.name).join(", ");
    throw UserError.of("npm run bench:delivery", "--cell", `there is no cell ${name}`, `the cells are ${known}`);
  });
}

function numberOf(value: Values[string]): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw UserError.of(
    "npm run bench:delivery",
    "",
    `${String(value)} is no whole number above zero`,
    "write one, such as 3",
  );
}

async function writeReport(): Promise<void> {
  const { format, resolveConfig } = await import("prettier");
  const file = path.join(repoRoot, "docs", "delivery.md");
  const text = reportOf(cells, await loadResults(resultsFolder()), {
    cpus: os.cpus().length,
    memoryGib: Math.round(os.totalmem() / 2 ** 30),
    node: process.version,
  });
  const options = (await resolveConfig(file)) ?? {};
  await fs.writeFile(file, await format(text, { ...options, parser: "markdown" }));
  console.log(path.relative(process.cwd(), file));
}
