import * as fs from "node:fs/promises";
import * as path from "node:path";

import { wholeNumber } from "../commands/command-line/parse";
import { runVerb } from "../commands/command-line/run";
import { defineVerb, type Answer } from "../commands/command-line/verb";
import { repoRoot } from "../kit/repo-root";
import { ensureTools } from "../packages/sandbox/toolchain/ensure";
import { composePipeline } from "../pipeline/compose";
import { parseSettings } from "../settings/parse-settings";
import { measure, type Cost } from "./pipeline/measure";
import type { PlayedLoad } from "./pipeline/played-api-server";
import { wired } from "./pipeline/wired";
import { median } from "./median";

const ours = "ours";
const before = "version-0.1";
const rivals = ["floor", "documentation", "k8s-monitoring", "platform", before] as const;
/** What a line of ours may cost, as a multiple of the cheapest of others and of the floor. */
const targets = { rivals: 0.8, floor: 1.4, memory: 1 };
const usualLoads: readonly PlayedLoad[] = [
  { containers: 20, linesPerSecond: 4000, lineBytes: 200 },
  { containers: 20, linesPerSecond: 2000, lineBytes: 1000 },
];
const typed = "npm run bench:pipeline";

const verb = defineVerb({
  name: "pipeline",
  typed,
  summary: "Measure what a line costs in the composed pipeline, and in those of others",
  description: [
    "Runs the same Alloy with one pipeline after the other in every round, against a played API server and a played " +
      "Loki, and prints the processor time that each line took, as a median over the rounds.",
    "It also compares what is stored: our present pipeline has to store the lines, labels and structured metadata that " +
      "the one of version 0.1 stored.",
  ],
  arguments: {},
  flags: {
    runs: { meaning: "Rounds", value: "N", default: "3" },
    containers: { meaning: "Containers on the node", value: "N", default: "20" },
    rate: { meaning: "Lines a second of all of them", value: "N", default: "4000 short ones, then 2000 long ones" },
    bytes: { meaning: "Length of a line", value: "N", default: "200, then 1000" },
    seconds: { meaning: "How long each run is measured", value: "N", default: "12" },
  },
  examples: [{ line: `${typed} -- --containers 110 --rate 5000 --bytes 200`, meaning: "a full node" }],
  exitCodes: { 0: "the same is stored, and each target is met", 1: "a target is missed, or something else is stored" },
  run: async ({ flags }) => {
    const number = (flag: keyof typeof flags, usual: number): number =>
      flags[flag] === undefined ? usual : wholeNumber(typed, flag, flags[flag]);
    const rounds = number("runs", 3);
    const timing = { warmUpMs: 5_000, measuredMs: 1000 * number("seconds", 12) };
    const one = flags.rate !== undefined || flags.bytes !== undefined;
    const loads = (one ? usualLoads.slice(0, 1) : usualLoads).map((usual) => ({
      containers: number("containers", usual.containers),
      linesPerSecond: number("rate", usual.linesPerSecond),
      lineBytes: number("bytes", usual.lineBytes),
    }));
    const { alloy } = await ensureTools(["alloy"], (tool, text) => console.error(`${tool}: ${text}`));
    const texts = await arrangements();
    const lines: string[] = [`Alloy ${alloy.version}, Node ${process.version}, ${rounds} rounds`];
    let [differ, missed] = [0, 0];
    for (const load of loads) {
      const costs = new Map<string, Cost[]>([...texts.keys()].map((name) => [name, []]));
      for (let round = 0; round < rounds; round++)
        for (const [name, text] of texts)
          costs.get(name)?.push(await measure(alloy.path, (api, loki) => wired(text, api, loki), load, timing));
      lines.push(...report(load, costs));
      const judged = judge(costs);
      lines.push(...judged.map(({ text }) => text));
      missed += judged.filter(({ met }) => !met).length;
      differ += differences(costs.get(before) ?? [], costs.get(ours) ?? []);
    }
    if (differ > 0) lines.push(`${differ} lines are stored otherwise than by ${before}`);
    return { exitCode: differ === 0 && missed === 0 ? 0 : 1, text: lines.join("\n") } satisfies Answer;
  },
});

/** Each pipeline's whole text: they share discovery and the sender, and differ in what is between. */
async function arrangements(): Promise<Map<string, string>> {
  const settings = parseSettings(
    {
      "alloy:clusterName": "bench",
      "alloy:lokiTenant": "bench",
      "alloy:environment": "local",
      "alloy:lokiUrl": "http://loki.bench.svc:3100/loki/api/v1/push",
      "alloy:metrics": JSON.stringify({ enabled: false }),
      "alloy:selfMonitoring": JSON.stringify({ enabled: false }),
    },
    "bench",
  );
  const { text } = composePipeline(settings);
  const [discovery = "", rest = ""] = split(text, 'loki.source.kubernetes "pods"');
  const [, sender = ""] = split(rest, 'loki.write "default"');
  const found = new Map<string, string>([[ours, text]]);
  for (const name of rivals) {
    const file = path.join(repoRoot, "bench", "pipeline", "arrangements", `${name}.alloy`);
    found.set(name, `${discovery}\n${await fs.readFile(file, "utf8")}\n${sender}`);
  }
  return found;
}

function split(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  if (index < 0) throw new Error(`the composed pipeline has no ${at}`);
  return [text.slice(0, index), text.slice(index)];
}

function report({ lineBytes, linesPerSecond, containers }: PlayedLoad, costs: ReadonlyMap<string, Cost[]>): string[] {
  const medians = new Map(
    [...costs].map(([name, runs]) => [name, median(runs.map(({ microsecondsALine }) => microsecondsALine))]),
  );
  const floor = medians.get("floor") ?? Number.NaN;
  const then = medians.get(before) ?? Number.NaN;
  return [
    `${linesPerSecond} lines a second of ${lineBytes} bytes, ${containers} containers`,
    ...[...costs].map(([name, runs]) => {
      const value = medians.get(name) ?? Number.NaN;
      const peak = median(runs.map(({ peakMiB }) => peakMiB));
      const ratios = `${(value / floor).toFixed(2)} × floor  ${(value / then).toFixed(2)} × ${before}`;
      return `  ${name.padEnd(16)} ${value.toFixed(1).padStart(6)} µs a line  ${ratios}  ${peak.toFixed(0)} MiB at most`;
    }),
  ];
}

/** Ours beside each target. The pipelines of others store less: documentation and platform keep no name of the pod. */
function judge(costs: ReadonlyMap<string, Cost[]>): { met: boolean; text: string }[] {
  const of = (name: string, what: "microsecondsALine" | "peakMiB"): number =>
    median((costs.get(name) ?? []).map((cost) => cost[what]));
  const others = ["documentation", "k8s-monitoring", "platform"];
  const least = (what: "microsecondsALine" | "peakMiB"): number => Math.min(...others.map((name) => of(name, what)));
  const compared: [ratio: number, target: number, what: string][] = [
    [of(ours, "microsecondsALine") / least("microsecondsALine"), targets.rivals, "the cheapest of others"],
    [of(ours, "microsecondsALine") / of("floor", "microsecondsALine"), targets.floor, "the floor"],
    [of(ours, "peakMiB") / least("peakMiB"), targets.memory, "the least memory of others"],
  ];
  return compared.map(([ratio, target, what]) => ({
    met: ratio <= target,
    text: `  ours / ${what}: ${ratio.toFixed(2)}; the target is ${target}`,
  }));
}

/** How many of the lines that both stored are stored in two ways; none in common is as bad. */
function differences(those: readonly Cost[], these: readonly Cost[]): number {
  const [a, b] = [those[0]?.stored, these[0]?.stored];
  if (a === undefined || b === undefined || a.size === 0 || b.size === 0) return Number.POSITIVE_INFINITY;
  return [...b].filter(([line, stored]) => a.get(line) !== stored).length;
}
void runVerb(verb, process.argv.slice(2));
