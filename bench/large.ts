import { fork, type ChildProcess } from "node:child_process";
import * as path from "node:path";

import { runVerb } from "../commands/command-line/run";
import { defineVerb, type Answer } from "../commands/command-line/verb";
import { repoRoot } from "../kit/repo-root";
import { findObjects } from "../operations/adoption/find-objects";
import { KubernetesClient } from "../operations/cluster/kubernetes-client";
import { foreignBindings } from "../operations/drift/foreign-bindings";
import { whatWouldMatch } from "../operations/matching/what-would-match";
import { goldenRecording } from "../operations/recording/golden";
import { composePipeline } from "../pipeline/compose";
import { lintPipeline } from "../pipeline/lint";
import { parseSettings } from "../settings/parse-settings";
import { readStackFile } from "../settings/stack-file";
import type { Settings } from "../settings/schema";
import { median } from "./median";

const sizes = [1_000, 10_000] as const;
/** Ten times as many objects may cost this many times as much: linear, and room for what a first run costs more. */
const atMost = 12;
/** What 500 namespaces may add to reading the settings and composing the pipeline, in milliseconds of processor time. */
const settingsAtMostMs = 100;

const verb = defineVerb({
  name: "large",
  typed: "npm run bench:large",
  summary: "Measure the commands in a cluster of 10,000 pods, and a stack that names 500 namespaces",
  description: [
    "A played API server lists 1,000 and then 10,000 pods, with a tenth as many nodes and bindings. What preview, adopt " +
      "and drift read of a cluster is read from it, and their processor time and memory are printed.",
    "Then the settings of production are read and composed with one namespace and with 500.",
  ],
  arguments: {},
  flags: {},
  examples: [],
  exitCodes: { 0: "both grow as they may", 1: "one of them grows faster" },
  run: async (): Promise<Answer> => {
    const settings = production({});
    const { resources } = await goldenRecording("production");
    const reads: Record<string, (cluster: KubernetesClient) => Promise<number>> = {
      "preview: what would match": async (cluster) => (await whatWouldMatch({ cluster, settings })).length,
      "adopt: what is there": async (cluster) => (await findObjects(cluster, settings, resources)).pods.length,
      "drift: others' bindings": async (cluster) => (await foreignBindings({ cluster, settings })).length + 1,
    };
    const lines = [`what the commands read of a cluster, at ${sizes.join(" and ")} pods`];
    const costs = new Map<string, number[]>(Object.keys(reads).map((name) => [name, []]));
    for (const pods of sizes) {
      const { child, cluster } = await playedCluster(pods);
      try {
        for (const [name, read] of Object.entries(reads))
          costs.get(name)?.push(await milliseconds(() => read(cluster)));
      } finally {
        child.kill();
      }
    }
    let missed = 0;
    for (const [name, [small = Number.NaN, large = Number.NaN]] of costs) {
      if (!(large / small <= atMost)) missed++;
      lines.push(
        `  ${name.padEnd(26)} ${small.toFixed(0).padStart(5)} and ${large.toFixed(0).padStart(5)} ms of processor time, ${(large / small).toFixed(1)} times`,
      );
    }
    lines.push(`  the target is ${atMost} times; ${peakMiB()} MiB of memory at most, all of it in one process`);
    const [one, many] = [await composing(1), await composing(500)];
    if (!(many - one <= settingsAtMostMs)) missed++;
    lines.push(
      `settings, composed and linted: ${one.toFixed(1)} ms with 1 namespace, ${many.toFixed(1)} ms with 500; the target is ${settingsAtMostMs} ms more`,
    );
    return { exitCode: missed === 0 ? 0 : 1, text: lines.join("\n") };
  },
});

async function playedCluster(pods: number): Promise<{ child: ChildProcess; cluster: KubernetesClient }> {
  const child = fork(path.join(repoRoot, "bench", "large", "played-cluster.ts"), [String(pods)], {
    execArgv: ["--require", "tsx/cjs"],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("message", (said) => resolve(said as number));
    child.once("exit", (code) => reject(new Error(`the played cluster ended with ${code}`)));
  });
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const cluster = { name: "played", skipTLSVerify: true, server: `http://127.0.0.1:${port}` };
  config.loadFromClusterAndUser(cluster, { name: "nobody" });
  return { child, cluster: new KubernetesClient(() => config) };
}

/** The median of three times; what answers nothing has not been measured. */
async function milliseconds(act: () => Promise<number> | number): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 3; run++) {
    const before = process.cpuUsage();
    if ((await act()) === 0) throw new Error("nothing was found");
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  return median(times);
}

const composing = (namespaces: number): Promise<number> =>
  milliseconds(() => {
    const names = Array.from({ length: namespaces }, (_, at) => `team-${at}-production`);
    const settings = production({ "alloy:logs": JSON.stringify({ includeNamespaces: names.join("|") }) });
    const { text } = composePipeline(settings);
    return text.length + lintPipeline(text).length;
  });

const production = (more: Record<string, string>): Settings =>
  parseSettings({ ...readStackFile("production", repoRoot).config, ...more }, "Pulumi.production.yaml");

const peakMiB = (): number => Math.round(process.resourceUsage().maxRSS / 1024);

void runVerb(verb, process.argv.slice(2));
