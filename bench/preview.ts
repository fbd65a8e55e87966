import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { parse } from "yaml";

import { wholeNumber } from "../commands/command-line/parse";
import { runVerb } from "../commands/command-line/run";
import { defineVerb, type Answer } from "../commands/command-line/verb";
import { repoRoot } from "../kit/repo-root";
import { UserError } from "../kit/user-error";
import { checkpointFile, runPulumi, type Engine } from "../packages/sandbox/engine/engine";
import { sandboxPaths } from "../packages/sandbox/paths";
import { loadEngine } from "../packages/sandbox/start/lifecycle";
import { median } from "./median";
import { writePack, writeProgram, type Way } from "./preview/programs";
import { childrenSeconds } from "./processor-time";

const typed = "npm run bench:preview";

/** What each comparison may come to. */
const targets = {
  floor: { of: "ours", over: "floor, one rule", atMost: 1.2 },
  habit: { of: "ours", over: "habitual", atMost: 0.4 },
} as const;

interface Run {
  seconds: number;
  processor: number;
}

const verb = defineVerb({
  name: "preview",
  typed,
  summary:
    "Measure a preview that changes nothing against the least that a preview can cost, and against the usual way",
  description: [
    "Previews the running sandbox's stack by the engine alone and by our command. Beside it stand programs that declare " +
      "as many objects: a compiled one without a pack and with a pack of one rule, and one as the first page of a manual " +
      "has it, in TypeScript with a type check, with the whole SDK and a pack of the same kind. All run one after the " +
      "other in every round.",
    "It deploys the programs beside ours into the sandbox, and removes them again.",
  ],
  arguments: {},
  flags: { runs: { meaning: "Rounds that are counted, after one that fills the caches", value: "N", default: "3" } },
  examples: [],
  exitCodes: { 0: "each target is met", 1: "one is missed" },
  run: async ({ flags }): Promise<Answer> => {
    const rounds = wholeNumber(typed, "runs", flags.runs ?? "3");
    const engine = await loadEngine(sandboxPaths());
    if (engine === undefined) throw UserError.cannotTell("the sandbox", "", "does not run", "start it: npm start");
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-bench-preview-"));
    try {
      return await measured(engine, folder, rounds);
    } finally {
      await fs.rm(folder, { recursive: true, force: true });
    }
  },
});

async function measured(engine: Engine, folder: string, rounds: number): Promise<Answer> {
  const objects = await declaredObjects(engine);
  const cleanups: (() => Promise<void>)[] = [];
  try {
    return await compared();
  } finally {
    for (const cleanup of cleanups) await cleanup();
  }

  async function compared(): Promise<Answer> {
    const others = { compiled: await deployed("compiled"), habitual: await deployed("habitual") };
    const packs = { compiled: await pack("compiled"), habitual: await pack("habitual") };
    const arrangements: Record<string, () => Promise<void>> = {
      floor: () => others.compiled(["preview"]),
      "floor, one rule": () => others.compiled(["preview", "--policy-pack", packs.compiled]),
      "ours, no pack": () => checked(withoutPack(engine), ["preview", "--non-interactive"]),
      ours: () => checked(engine, ["preview", "--non-interactive"]),
      "npm run preview": () => ourCommand(),
      habitual: () => others.habitual(["preview", "--policy-pack", packs.habitual]),
    };
    const runs = new Map<string, Run[]>(Object.keys(arrangements).map((name) => [name, []]));
    for (let round = 0; round <= rounds; round++)
      for (const [name, act] of Object.entries(arrangements)) {
        const run = await timed(act);
        console.error(`${name}: ${run.seconds.toFixed(1)} s, processor ${run.processor.toFixed(1)} s`);
        if (round > 0) runs.get(name)?.push(run); // the first round fills the caches
      }
    return report(runs, objects);
  }

  /** A program beside ours, in a project of its own, deployed; what is returned runs the CLI on it. */
  async function deployed(way: Way): Promise<(args: readonly string[]) => Promise<void>> {
    const place = path.join(folder, way);
    await writeProgram(place, way, engine.madeFrom.addresses.context, objects - 2);
    const { PULUMI_OPTION_STACK: _, PULUMI_OPTION_CONFIG_FILE: __, ...env } = withoutPack(engine).env;
    const own = { ...engine, env };
    const call = (args: readonly string[]): Promise<void> =>
      checked(own, [...args, "--non-interactive", "--stack", "bench", "--cwd", place]);
    await checked(own, ["stack", "init", "bench", "--cwd", place]);
    cleanups.push(async () => {
      await call(["destroy", "--yes", "--skip-preview"]);
      await checked(own, ["stack", "rm", "bench", "--yes", "--cwd", place]);
    });
    await call(["up", "--yes", "--skip-preview"]);
    return call;
  }

  async function pack(way: Way): Promise<string> {
    const place = path.join(folder, `pack-${way}`);
    const manifest = await fs.readFile(path.join(engine.policyPack, "PulumiPolicy.yaml"), "utf8");
    const { runtime } = parse(manifest) as { runtime: string };
    await writePack(place, way, runtime);
    return place;
  }
}

function withoutPack(engine: Engine): Engine {
  const { PULUMI_OPTION_POLICY_PACK: _, ...env } = engine.env;
  return { ...engine, env };
}

/** How many resources the stack has: the programs beside it get as many. */
async function declaredObjects({ root }: Engine): Promise<number> {
  const state = JSON.parse(await fs.readFile(checkpointFile(root), "utf8")) as {
    checkpoint: { latest: { resources?: unknown[] } };
  };
  const count = state.checkpoint.latest.resources?.length ?? 0;
  if (count < 5) throw UserError.cannotTell("the stack local", "", "is not deployed", "deploy it: npm start");
  return count;
}

async function checked(engine: Engine, args: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await runPulumi(engine, args);
  if (exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${stdout}\n${stderr}`);
}

async function ourCommand(): Promise<void> {
  const { execa } = await import("execa"); // a static import of it fails under tsx
  await execa("npm", ["run", "--silent", "preview", "--", "local"], { cwd: repoRoot, stdin: "ignore" });
}

async function timed(act: () => Promise<void>): Promise<Run> {
  const [began, used] = [performance.now(), childrenSeconds()];
  await act();
  return { seconds: (performance.now() - began) / 1000, processor: childrenSeconds() - used };
}

function report(runs: ReadonlyMap<string, readonly Run[]>, objects: number): Answer {
  const of = (name: string, what: keyof Run): number => median((runs.get(name) ?? []).map((run) => run[what]));
  const lines = [`a preview that changes nothing, ${objects} resources, medians of ${runs.get("ours")?.length ?? 0}`];
  for (const name of runs.keys())
    lines.push(
      `  ${name.padEnd(16)} ${of(name, "seconds").toFixed(1).padStart(5)} s, ${of(name, "processor").toFixed(1).padStart(5)} s of processor time`,
    );
  let missed = 0;
  for (const { of: one, over, atMost } of Object.values(targets)) {
    const ratio = of(one, "processor") / of(over, "processor");
    if (!(ratio <= atMost)) missed++;
    lines.push(`  ${one} / ${over}: ${ratio.toFixed(2)} in processor time; the target is ${atMost}`);
  }
  const more = of("npm run preview", "processor") - of("ours", "processor");
  const wall = of("npm run preview", "seconds") - of("ours", "seconds");
  lines.push(`  npm run preview costs ${wall.toFixed(1)} s more, ${more.toFixed(1)} s of processor time`);
  return { exitCode: missed === 0 ? 0 : 1, text: lines.join("\n") };
}

void runVerb(verb, process.argv.slice(2));
