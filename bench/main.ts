import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { runVerb } from "../commands/command-line/run";
import { defineVerb, type Answer } from "../commands/command-line/verb";
import { repoRoot } from "../kit/repo-root";
import { UserError } from "../kit/user-error";
import { partMinutes, parts, type Part } from "./parts";
import { measurementsFile, readRecords, withRecords, writeRecord, type PartRecord } from "./record";

const typed = "npm run bench";

const verb = defineVerb({
  name: "bench",
  typed,
  summary: "Measure what the program costs, and write it into docs/measurements.md",
  description: [
    "Runs each part that has no record of this commit yet, one after the other, and writes docs/measurements.md after " +
      "each: one that was interrupted goes on where it was. bench/parts.ts lists the parts. A part takes less than " +
      `${partMinutes} minutes.`,
    "A part that needs a sandbox says so if none runs. What runs beside a bench is in its figures: each " +
      "record has the machine's load.",
  ],
  arguments: {},
  flags: {
    part: { meaning: "Only these parts, with commas between them", value: "NAMES" },
    again: { meaning: "Also those that have a record of this commit" },
  },
  examples: [{ line: "npm run bench -- --part pipeline --again", meaning: "measure one part once more" }],
  exitCodes: { 0: "each target is met", 1: "a target is missed, or a part could not measure" },
  run: async ({ flags }): Promise<Answer> => {
    const wanted = chosen(flags.part);
    const commit = await commitNow();
    const lines: string[] = [];
    let missed = 0;
    for (const part of wanted) {
      const known = (await readRecords()).get(part.name);
      const done = known?.commit === commit && known.exitCode < 2 && !flags.again;
      const record = done ? known : await measure(part, commit);
      if (!done) await writeRecord(record);
      if (!done) await writeDocument();
      if (record.exitCode !== 0) missed++;
      lines.push(`${part.name}: ${["each target is met", "a target is missed"][record.exitCode] ?? "not measured"}`);
    }
    lines.push(path.relative(process.cwd(), measurementsFile));
    return { exitCode: missed === 0 ? 0 : 1, text: lines.join("\n") };
  },
});

function chosen(names: string | undefined): Part[] {
  if (names === undefined) return [...parts];
  return names.split(",").map((name) => {
    const part = parts.find((candidate) => candidate.name === name);
    if (part !== undefined) return part;
    const known = parts.map((candidate) => candidate.name).join(", ");
    throw UserError.cannotTell(typed, "--part", `there is no part ${name}`, `the parts are ${known}`);
  });
}

/** Runs one part in a process of its own: what it loads and leaves behind is no concern of the next. */
async function measure(part: Part, commit: string): Promise<PartRecord> {
  console.error(`${part.name}: ${part.script}`);
  const [began, before] = [performance.now(), load()];
  const { execa } = await import("execa"); // a static import of it fails under tsx
  const result = await execa(process.execPath, ["--require", "tsx/cjs", part.script, ...(part.args ?? [])], {
    cwd: repoRoot,
    reject: false,
    stdin: "ignore",
    stderr: ["inherit", "pipe"],
    timeout: partMinutes * 60_000,
  });
  const said = result.exitCode === undefined ? `ended after ${partMinutes} minutes` : result.stderr;
  return {
    part: part.name,
    exitCode: result.exitCode ?? 2,
    text: result.stdout.trim() === "" ? said.slice(-2000) : result.stdout,
    commit,
    day: new Date().toISOString().slice(0, 10),
    minutes: Math.ceil((performance.now() - began) / 60_000),
    machine: machine(),
    load: [before, load()],
  };
}

const load = (): number => Math.round((os.loadavg()[0] ?? 0) * 10) / 10;

function machine(): string {
  const gib = Math.round(os.totalmem() / 2 ** 30);
  return `${os.cpus().length} cores, ${gib} GiB, ${os.platform()} ${os.arch()}, Node ${process.version}`;
}

/** The version that is measured, with + behind it if something is not committed. */
async function commitNow(): Promise<string> {
  const { execa } = await import("execa"); // a static import of it fails under tsx
  const git = async (...args: string[]): Promise<string> => (await execa("git", args, { cwd: repoRoot })).stdout.trim();
  // What a bench itself writes changes nothing that is measured: a commit of it is no other version.
  const measuredFiles = ["--", ".", ":!docs", ":!bench/records"];
  const changed = await git("status", "--porcelain", ...measuredFiles);
  const newest = await git("log", "-1", "--format=%h", "--abbrev=7", ...measuredFiles);
  return `${newest}${changed === "" ? "" : "+"}`;
}

async function writeDocument(): Promise<void> {
  const { format, resolveConfig } = await import("prettier");
  const records = await readRecords();
  const text = withRecords(
    await fs.readFile(measurementsFile, "utf8"),
    parts.map(({ name }) => name),
    records,
  );
  const options = (await resolveConfig(measurementsFile)) ?? {};
  await fs.writeFile(measurementsFile, await format(text, { ...options, parser: "markdown" }));
}

void runVerb(verb, process.argv.slice(2));
