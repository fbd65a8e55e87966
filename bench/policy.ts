import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../kit/repo-root";
import { bundlePolicyPack } from "../operations/bundle-policy-pack";
import { runCommand } from "../commands/command";
import { runPulumi, type Engine } from "../packages/sandbox/engine/engine";
import { loadEngine } from "../packages/sandbox/start/lifecycle";
import { sandboxPaths } from "../packages/sandbox/paths";
import { UserError } from "../kit/user-error";

/** What a preview with our pack may cost, as a multiple of one with a compiled pack of one rule. */
const target = 1.3;

const oneRule = `const { PolicyPack } = require("@pulumi/policy");
new PolicyPack("one-rule", {
  policies: [{
    name: "no-privileged",
    description: "No container is privileged.",
    enforcementLevel: "mandatory",
    validateResource: (args, reportViolation) => {
      if (args.type !== "kubernetes:apps/v1:DaemonSet") return;
      for (const container of args.props.spec.template.spec.containers)
        if (container.securityContext?.privileged) reportViolation("privileged");
    },
  }],
});
`;

/**
 * `npm run bench:policy [-- --runs N]`: the preview of the running sandbox's stack with our pack, with its bundled generic
 * rules, with a one-rule pack in plain JavaScript and with none, one after the other in every round, so that what else
 * the machine does strikes all of them. Exits 1 above the target.
 */
runCommand(
  "bench:policy",
  [],
  async ({ values }) => {
    const engine = await loadEngine(sandboxPaths());
    if (engine === undefined) throw UserError.of("the sandbox", "", "does not run", "start it: npm start");
    const rounds = Number(values["runs"] ?? 5);
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
      report(seconds);
    } finally {
      await fs.rm(folder, { recursive: true, force: true });
    }
  },
  { runs: { type: "string" } },
);

/** Our pack as the sandbox starts it, and two beside it that are started in the same way. */
async function writePacks(folder: string, engine: Engine): Promise<Record<string, string>> {
  const own = await fs.readFile(path.join(engine.policyPack, "PulumiPolicy.yaml"), "utf8");
  const bundled = path.join(folder, "bundled");
  await bundlePolicyPack(bundled);
  const single = path.join(folder, "one-rule");
  await fs.mkdir(single);
  await fs.writeFile(path.join(single, "index.js"), oneRule);
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

function report(seconds: ReadonlyMap<string, number[]>): void {
  const medians = new Map([...seconds].map(([name, values]) => [name, median(values)]));
  const floor = medians.get("one rule") ?? Number.NaN;
  for (const [name, value] of medians) {
    const all = (seconds.get(name) ?? []).map((one) => one.toFixed(2)).join(" ");
    console.log(`${name.padEnd(10)} ${value.toFixed(2)} s  ${(value / floor).toFixed(2)} × one rule  (${all})`);
  }
  const ratio = (medians.get("ours") ?? Number.NaN) / floor;
  console.log(`${ratio.toFixed(2)} × a one-rule pack; the target is ${target}`);
  if (!(ratio <= target)) process.exitCode = 1;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
