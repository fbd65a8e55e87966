import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { runCommand, type CommandCall } from "../cli/command";
import { withSandboxLock } from "../sandbox/lifecycle";
import { repoRoot } from "../sandbox/paths";
import { UserError } from "../settings/errors";
import { cells, type Cell } from "./delivery/cells";
import { benchPaths, startPlatform, stopPlatform } from "./delivery/platform";
import { reportOf } from "./delivery/report";
import { judgeRun, loadResults, resultFile, saveResult } from "./delivery/result";
import { runCell, type RunKey } from "./delivery/run-cell";

const usualLines = 20_000;

/**
 * `npm run bench:delivery [-- --cell NAME,… --wal on|off --lines N --runs N --minutes N --again]`: plays the matrix of
 * faults, what has a result left out, and writes docs/delivery.md from all results. `--minutes` begins no new cell after
 * that time, so that the rest can be run another day.
 */
runCommand(
  "bench:delivery",
  [],
  async ({ values }) => {
    const started = Date.now();
    const paths = benchPaths();
    const minutes = numberOf(values["minutes"], Number.POSITIVE_INFINITY);
    const keys = await missingRuns(values["again"] === true, keysOf(values));
    const log = (text: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
    log(`${keys.length} runs to do`);
    await withSandboxLock(paths, "npm run bench:delivery", async () => {
      for (const window of ["1h", "1m"] as const) {
        const queue = keys.filter(({ cell }) => (cell.window ?? "1h") === window);
        if (queue.length === 0 || Date.now() - started > minutes * 60_000) continue;
        const platform = await startPlatform(window, log);
        try {
          for (const key of queue) {
            if (Date.now() - started > minutes * 60_000) break;
            log(`${key.cell.name}, WAL ${key.wal ? "on" : "off"}, run ${key.run}`);
            const result = await runCell(platform, key, (text) => log(`  ${text}`));
            await saveResult(paths, result);
            const verdict = judgeRun(key.cell, result);
            log(`  ${verdict.holds ? "holds" : "BROKEN"}: ${verdict.text} (${result.seconds} s)`);
          }
        } finally {
          await stopPlatform(platform);
        }
      }
    });
    await writeReport();
  },
  {
    cell: { type: "string" },
    wal: { type: "string" },
    lines: { type: "string" },
    runs: { type: "string" },
    minutes: { type: "string" },
    again: { type: "boolean" },
  },
);

type Values = CommandCall["values"];

function keysOf(values: Values): RunKey[] {
  const lines = numberOf(values["lines"], usualLines);
  const runs = Array.from({ length: numberOf(values["runs"], 1) }, (_unused, at) => at + 1);
  const wals = { on: [true], off: [false] }[String(values["wal"])] ?? [false, true];
  return chosen(values["cell"]).flatMap((cell) =>
    wals
      .filter((wal) => !wal || cell.withoutWalOnly !== true)
      .flatMap((wal) => runs.map((run): RunKey => ({ cell, wal, run, lines }))),
  );
}

function chosen(names: Values[string]): Cell[] {
  if (typeof names !== "string") return [...cells];
  return names.split(",").map((name) => {
    const cell = cells.find((candidate) => candidate.name === name);
    if (cell !== undefined) return cell;
    const known = cells.map((candidate) => candidate.name).join(", ");
    throw UserError.of("npm run bench:delivery", "--cell", `there is no cell ${name}`, `the cells are ${known}`);
  });
}

function numberOf(value: Values[string], otherwise: number): number {
  if (value === undefined) return otherwise;
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw UserError.of(
    "npm run bench:delivery",
    "",
    `${String(value)} is no whole number above zero`,
    "write one, such as 3",
  );
}

async function missingRuns(again: boolean, keys: readonly RunKey[]): Promise<RunKey[]> {
  if (again) return [...keys];
  const paths = benchPaths();
  const there = await Promise.all(
    keys.map(({ cell, wal, run, lines }) =>
      fs.stat(resultFile(paths, { cell: cell.name, wal, run, lines })).then(
        () => true,
        () => false, // no result yet
      ),
    ),
  );
  return keys.filter((_, at) => there[at] === false);
}

async function writeReport(): Promise<void> {
  const { format, resolveConfig } = await import("prettier");
  const file = path.join(repoRoot, "docs", "delivery.md");
  const text = reportOf(cells, await loadResults(benchPaths()), {
    cpus: os.cpus().length,
    memoryGib: Math.round(os.totalmem() / 2 ** 30),
    node: process.version,
  });
  const options = (await resolveConfig(file)) ?? {};
  await fs.writeFile(file, await format(text, { ...options, parser: "markdown" }));
  console.log(path.relative(process.cwd(), file));
}
