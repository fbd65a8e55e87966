import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { halfFiles } from "../../packages/sandbox/process/unfinished-files";
import { findOrphans, markedProcesses } from "../../packages/sandbox/process/orphans";
import { sandboxPaths, type SandboxPaths } from "../../packages/sandbox/paths";
import { listProcesses } from "../../packages/sandbox/process/processes";
import { npmRun, startArguments } from "../e2e/support/command";
import { claimsOf } from "../e2e/support/summary";
import { begunPhases, dealMoments, phases, PhaseTimes, type Moment, type Phase } from "./moments";
import { randomFrom } from "./random";

/** What a round begins with: no sandbox at all, one that was stopped, or one that runs. */
export type Base = "fresh" | "stopped" | "running";

/** What one round did. */
export interface Round {
  base: Base;
  /** The phase that the kill was aimed at. */
  aimedAt: Phase;
  /** Where it fell, and how many milliseconds into that phase; undefined where the start was done before. */
  killed: { phase: Phase; afterMs: number } | undefined;
  /** Whether what it waited for (kwokctl, the engine) was killed with it, or lived on. */
  withChildren: boolean;
  /** How long the next start took, in seconds. */
  nextStart: number;
  /** How long `sandbox:down` took, in seconds; undefined where the round began on a running sandbox. */
  down: number | undefined;
}

/** What a chaos run is given; the same seed gives the same rounds, as far as the machine is the same. */
export interface ChaosOptions {
  rounds: number;
  seed: number;
  /** What each round begins with; by the seed where it says nothing. The first is always fresh. */
  bases?: readonly Base[];
  log: (text: string) => void;
}

/**
 * Starts a sandbox, kills the start with SIGKILL at a random moment, and expects the next start to work and to leave no
 * process that nobody knows of, no mount and no half-written file; so many times. At the end nothing at all is left.
 */
export async function runChaos(options: ChaosOptions): Promise<Round[]> {
  const { seed, log } = options;
  const paths = sandboxPaths(await fs.mkdtemp(path.join(os.tmpdir(), "alloy-chaos-")));
  log(`chaos: ${options.rounds} rounds, seed ${seed}, in ${paths.root}`);
  const random = randomFrom(seed);
  const moments = dealMoments(random);
  const times: Record<Base, PhaseTimes> = {
    fresh: new PhaseTimes(),
    stopped: new PhaseTimes(),
    running: new PhaseTimes(),
  };
  const rounds: Round[] = [];
  for (let number = 1; number <= options.rounds; number++) {
    const chosen = pick(random(), { fresh: 0.4, stopped: 0.3, running: 0.3 });
    const base = number === 1 ? "fresh" : (options.bases?.[number - 1] ?? chosen);
    const moment = moments();
    const withChildren = random() < 0.5;
    const down = number === 1 ? undefined : await goTo(base, paths);

    const first = await start(paths, { moment, usualMs: times[base].of(moment.phase), withChildren });
    // One that was done before its moment is a start like any other.
    assert.ok(first.exitCode === null || first.exitCode === 0, `round ${number}, seed ${seed}:\n${first.output}`);
    const next = await start(paths);
    for (const { took } of [first, next]) times[base].learn(took);
    const killed = first.exitCode === null ? first.last : undefined;
    const round: Round = { base, aimedAt: moment.phase, killed, withChildren, nextStart: next.ms / 1_000, down };
    rounds.push(round);
    log(`round ${number}: ${describeRound(round)}`);
    assert.equal(next.exitCode, 0, `the start after the kill failed (round ${number}, seed ${seed}):\n${next.output}`);
    const claims = claimsOf(next.output);
    assert.ok(claims.length > 0 && claims.every(({ holds }) => holds), next.output);
    await assertTidy(paths);
  }
  const down = await goTo("stopped", paths);
  log(`sandbox:down after the last round: ${down?.toFixed(1)} s`);
  await goTo("fresh", paths);
  return rounds;
}

/** A round in one line. */
export function describeRound(round: Round): string {
  const { base, aimedAt, killed, withChildren, nextStart, down } = round;
  const moment =
    killed === undefined
      ? `was done before its moment in ${aimedAt}`
      : `killed ${killed.afterMs} ms into ${killed.phase}${withChildren ? " with its children" : ""}`;
  return [
    `${base}, ${moment}`,
    `next start ${nextStart.toFixed(1)} s`,
    ...(down === undefined ? [] : [`down before it ${down.toFixed(1)} s`]),
  ].join("; ");
}

/** How many starts were killed in each phase: `tools 2, up 5`. */
export function describeKills(rounds: readonly Round[]): string {
  const counts = phases.map((phase) => [phase, rounds.filter(({ killed }) => killed?.phase === phase).length] as const);
  return counts.map(([phase, count]) => `${phase} ${count}`).join(", ");
}

function pick(value: number, shares: Record<Base, number>): Base {
  if (value < shares.fresh) return "fresh";
  return value < shares.fresh + shares.stopped ? "stopped" : "running";
}

/** How one start went. */
interface Start {
  /** Null for one that was killed. */
  exitCode: number | null;
  output: string;
  ms: number;
  /** The milliseconds of each phase that came to its end. */
  took: Partial<Record<Phase, number>>;
  /** The phase in which it ended, and how far into it. */
  last: { phase: Phase; afterMs: number };
}

/** Runs `npm start` without npm, to its end or until it is killed. */
async function start(
  paths: SandboxPaths,
  kill?: { moment: Moment; usualMs: number; withChildren: boolean },
): Promise<Start> {
  const began = Date.now();
  const child = spawn(process.execPath, startArguments, {
    cwd: repoRoot,
    env: { ...process.env, ALLOY_SANDBOX: paths.root },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // a process group of its own, which can be killed as a whole
  });
  let output = "";
  const seen: { phase: Phase; at: number }[] = [{ phase: "beginning", at: began }];
  const killLater = (): void => {
    if (kill === undefined || seen.at(-1)?.phase !== kill.moment.phase) return;
    const target = kill.withChildren ? -(child.pid ?? 0) : (child.pid ?? 0);
    const timer = setTimeout(() => process.kill(target, "SIGKILL"), kill.moment.share * kill.usualMs);
    child.once("exit", () => clearTimeout(timer));
  };
  killLater();
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
      for (const phase of begunPhases(output).slice(seen.length - 1)) {
        seen.push({ phase, at: Date.now() });
        killLater();
      }
    });
  // "exit": what lives on would keep the pipes open.
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  const ended = Date.now();
  const spans = seen.map(({ phase, at }, index) => [phase, (seen[index + 1]?.at ?? ended) - at] as const);
  const [phase, afterMs] = spans.at(-1) ?? ["beginning", 0];
  return {
    exitCode,
    output,
    ms: ended - began,
    took: Object.fromEntries(exitCode === null ? spans.slice(0, -1) : spans),
    last: { phase, afterMs },
  };
}

/** Stops or removes the sandbox as a person would, and looks that nothing of it is left. Gives the seconds. */
async function goTo(base: Base, paths: SandboxPaths): Promise<number | undefined> {
  if (base === "running") return undefined;
  const result = await npmRun("sandbox:down", base === "fresh" ? ["--purge"] : [], {
    env: { ALLOY_SANDBOX: paths.root },
  });
  assert.equal(result.exitCode, 0, result.output);
  assert.deepEqual(await markedProcesses(paths.root), [], "processes are left");
  assert.deepEqual(await processesWith(paths.root), [], "processes that name the sandbox's folder are left");
  assert.deepEqual(await mountsBelow(paths.root), [], "mounts are left");
  if (base === "fresh") await assert.rejects(fs.stat(paths.root), { code: "ENOENT" });
  else assert.deepEqual(await halfFiles(paths.root), [], "half-written files are left");
  return result.seconds;
}

/** After a start that worked: every process is known, nothing is half written, nothing is mounted. */
async function assertTidy(paths: SandboxPaths): Promise<void> {
  const kept = (await listProcesses(paths)).map(({ pid }) => pid);
  assert.deepEqual(await findOrphans(paths.root, kept), [], "a process runs that no record names");
  const writers = (await halfFiles(paths.root)).map((file) =>
    Number(/\.(\d+)(?:\.[0-9a-f]{8})?\.tmp$/.exec(file)?.[1]),
  );
  // The node agent writes its status all the time.
  assert.deepEqual(
    writers.filter((pid) => !kept.includes(pid)),
    [],
    "a half-written file is left",
  );
  assert.deepEqual(await mountsBelow(paths.root), [], "something is mounted");
}

async function mountsBelow(folder: string): Promise<string[]> {
  const text = await fs.readFile("/proc/self/mountinfo", "utf8");
  return text.split("\n").filter((line) => line.split(" ")[4]?.startsWith(folder));
}

/** Command lines that name a folder: whatever the sandbox runs is told where its files are. */
async function processesWith(folder: string): Promise<string[]> {
  const pids = (await fs.readdir("/proc")).filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid);
  const lines = await Promise.all(
    pids.map(async (pid) => (await fs.readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ")),
  );
  return lines.filter((line) => line.includes(folder));
}
