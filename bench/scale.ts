import { setTimeout as sleep } from "node:timers/promises";

import { wholeNumber } from "../commands/command-line/parse";
import { runVerb } from "../commands/command-line/run";
import { defineVerb, type Answer } from "../commands/command-line/verb";
import type { KubernetesClient } from "../operations/cluster/kubernetes-client";
import { ensureTools } from "../packages/sandbox/toolchain/ensure";
import { peakMemory } from "./pipeline/measure";
import { sandboxCluster, withCollector } from "./scale/collector";
import type { Counted } from "./scale/counting-proxy";
import { Fleet } from "./scale/fleet";

const typed = "npm run bench:scale";

/** What a collector in the largest cluster may cost, as a multiple of the smallest. */
const target = 1.1;

interface Cost extends Counted {
  nodes: number;
  peakMiB: number;
  /** Until every container of its node was read. */
  secondsToRead: number;
}

const verb = defineVerb({
  name: "scale",
  typed,
  summary: "Measure what one collector asks of an API server as the cluster grows",
  description: [
    "Adds nodes and pods to the running sandbox's cluster, which kwok keeps alive, and starts one Alloy with our pipeline " +
      "for one of the nodes. It counts what this Alloy asks the API server for, and what it is sent, while something " +
      "happens to a pod of every other node. In the end it removes all of them.",
  ],
  arguments: {},
  flags: {
    nodes: { meaning: "Sizes of the cluster, with commas between them, rising", value: "LIST", default: "10,100,1000" },
    pods: { meaning: "Pods on each node", value: "N", default: "10" },
    seconds: { meaning: "How long each size is measured", value: "N", default: "30" },
  },
  examples: [],
  exitCodes: { 0: "the target is met", 1: "a collector costs more in the larger cluster" },
  run: async ({ flags: { nodes = "10,100,1000", pods = "10", seconds = "30" } }): Promise<Answer> => {
    const sizes = nodes.split(",").map((size) => wholeNumber(typed, "nodes", size));
    const cluster = await sandboxCluster();
    const { alloy } = await ensureTools(["alloy"], (tool, text) => console.error(`${tool}: ${text}`));
    const each = wholeNumber(typed, "pods", pods);
    const fleet = new Fleet(cluster, each);
    const costs: Cost[] = [];
    try {
      for (const size of sizes) {
        console.error(`${size} nodes`);
        await fleet.grow(size);
        costs.push(await measured(alloy.path, cluster, fleet, size, each, wholeNumber(typed, "seconds", seconds)));
      }
    } finally {
      await fleet.remove();
    }
    return report(costs, each, alloy.version);
  },
});

/** One run of Alloy beside a cluster of that size. */
const measured = (
  alloy: string,
  cluster: KubernetesClient,
  fleet: Fleet,
  nodes: number,
  pods: number,
  seconds: number,
): Promise<Cost> =>
  withCollector(alloy, cluster, pods, async ({ proxy, pid, secondsToRead }) => {
    await fleet.stir(nodes);
    await sleep(seconds * 1000);
    return { ...proxy.counted, nodes, secondsToRead, peakMiB: await peakMemory(pid) };
  });

function report(costs: readonly Cost[], pods: number, version: string): Answer {
  const [first, last] = [costs[0], costs.at(-1)];
  if (first === undefined || last === undefined) throw new Error("no size was measured");
  const lines = costs.map(
    ({ nodes, requests, answered, watched, peakMiB, secondsToRead }) =>
      `  ${String(nodes).padStart(5)} nodes: ${requests} requests, ${kib(answered)} of answers, ${kib(watched)} of watches, ${peakMiB.toFixed(0)} MiB at most, every log read after ${secondsToRead.toFixed(1)} s`,
  );
  const ratios = {
    requests: last.requests / first.requests,
    "bytes that were sent": (last.answered + last.watched) / (first.answered + first.watched),
    memory: last.peakMiB / first.peakMiB,
  };
  const missed = Object.values(ratios).filter((ratio) => !(ratio <= target)).length;
  return {
    exitCode: missed === 0 ? 0 : 1,
    text: [
      `one collector of Alloy ${version}, ${pods} pods on each node`,
      ...lines,
      ...Object.entries(ratios).map(
        ([what, ratio]) =>
          `  ${what}, ${last.nodes} / ${first.nodes} nodes: ${ratio.toFixed(2)}; the target is ${target}`,
      ),
    ].join("\n"),
  };
}

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;

void runVerb(verb, process.argv.slice(2));
