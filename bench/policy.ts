import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../kit/repo-root";
import { bundlePolicyPack } from "../operations/bundle-policy-pack";
import { wholeNumber } from "../commands/command-line/parse";
import { runVerb } from "../commands/command-line/run";
import { defineVerb, type Answer } from "../commands/command-line/verb";
import { runPulumi, type Engine } from "../packages/sandbox/engine/engine";
import { loadEngine } from "../packages/sandbox/start/lifecycle";
import { sandboxPaths } from "../packages/sandbox/paths";
import { UserError } from "../kit/user-error";
import { median } from "./median";
import { compiledPack } from "./preview/programs";

/** What a preview with our pack may cost, as a multiple of one with a compiled pack of one rule. */
const target = 1.3;

const verb = defineVerb({
  name: "policy",
  typed: "npm run bench:policy",
  summary: "Measure what the policy pack adds to a preview",
  description: [
    "Previews the running sandbox's stack with our pack, with its bundled generic rules, with a one-rule pack in plain " +
      "JavaScript and with none, one after the other in every round, so that whatever else the machine does slows all " +
      "of them.",
  ],
  arguments: {},
  flags: { runs: { meaning: "Rounds that are counted, after one that fills the caches", value: "N", default: "5" } },
  examples: [],
  exitCodes: { 0: "the pack meets its target", 1: "it is slower" },
  run: async ({ flags }) => {
    const engine = await loadEngine(sandboxPaths());
    if (engine === undefined) throw UserError.cannotTell("the sandbox", "", "does not run", "start it: npm start");
    const rounds = wholeNumber("npm run bench:policy", "runs", flags.runs ?? "5");
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-bench-"));
    try {
      const packs = await writePacks(folder, engine);
      const seconds = new Map<string, number[]>(Object.keys(packs).map((name) => [name, []]));
      for (let round = 0; round <= rounds; round++) {
        for (const [name, pack] of Object.entries(packs)) {
          const took = await preview(engine, pack);
          if (round > 0) seconds.get(name)?.push(took); // the first round fills the caches
        }
      }
      return report(seconds);
    } finally {
      await fs.rm(folder, { recursive: true, force: true });
    }
  },
});

void runVerb(verb, process.argv.slice(2));

/** Our pack as the sandbox starts it, and two beside it that are started in the same way. */
async function writePacks(folder: string, engine: Engine): Promise<Record<string, string>> {
  const own = await fs.readFile(path.join(engine.policyPack, "PulumiPolicy.yaml"), "utf8");
  const bundled = path.join(folder, "bundled");
  await bundlePolicyPack(bundled);
  const single = path.join(folder, "one-rule");
  await fs.mkdir(single);
  await fs.writeFile(path.join(single, "index.js"), compiledPack);
  await fs.copyFile(path.join(repoRoot, "policy", "package.json"), path.join(single, "package.json"));
  for (const pack of [bundled, single]) await fs.writeFile(path.join(pack, "PulumiPolicy.yaml"), own);
  // Both find the SDK as a pack in a checkout does.
  await fs.symlink(path.join(repoRoot, "node_modules"), path.join(folder, "node_modules"));
  return { "no pack": "", "one rule": single, bundled, ours: engine.policyPack };
}

async function preview(engine: Engine, pack: string): Promise<number> {
  const { PULUMI_OPTION_POLICY_PACK: _, ...env } = engine.env;
  const started = performance.now();
  const result = await runPulumi({ ...engine, env }, [
    "preview",
    "--non-interactive",
    ...(pack === "" ? [] : ["--policy-pack", pack]),
  ]);
  const took = (performance.now() - started) / 1000;
  // The generic rules alone do not know the one container that may be root: refusing it is a preview like any other.
  if (result.exitCode !== 0 && !/\[mandatory\]/.test(result.stdout))
    throw new Error(`pulumi preview with ${pack || "no pack"} failed:\n${result.stdout}\n${result.stderr}`);
  return took;
}

function report(seconds: ReadonlyMap<string, number[]>): Answer {
  const medians = new Map([...seconds].map(([name, values]) => [name, median(values)]));
  const floor = medians.get("one rule") ?? Number.NaN;
  const lines = [...medians].map(([name, value]) => {
    const all = (seconds.get(name) ?? []).map((one) => one.toFixed(2)).join(" ");
    return `${name.padEnd(10)} ${value.toFixed(2)} s  ${(value / floor).toFixed(2)} × one rule  (${all})`;
  });
  const ratio = (medians.get("ours") ?? Number.NaN) / floor;
  lines.push(`${ratio.toFixed(2)} × a one-rule pack; the target is ${target}`);
  return { exitCode: ratio <= target ? 0 : 1, text: lines.join("\n") };
}
