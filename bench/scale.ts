import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import getPort from "get-port";

import { wholeNumber } from "../commands/command-line/parse";
import { runVerb } from "../commands/command-line/run";
import { defineVerb, type Answer } from "../commands/command-line/verb";
import { UserError } from "../kit/user-error";
import { KubernetesClient } from "../operations/cluster/kubernetes-client";
import { sandboxPaths } from "../packages/sandbox/paths";
import { waitUntil } from "../packages/sandbox/process/waiting";
import { loadEngine } from "../packages/sandbox/start/lifecycle";
import { ensureTools } from "../packages/sandbox/toolchain/ensure";
import { composePipeline } from "../pipeline/compose";
import { parseSettings } from "../settings/parse-settings";
import { peakMemory } from "./pipeline/measure";
import { PlayedLoki } from "./pipeline/played-loki";
import { wired } from "./pipeline/wired";
import { CountingProxy, type Counted } from "./scale/counting-proxy";
import { Fleet, measuredNode } from "./scale/fleet";

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
    const engine = await loadEngine(sandboxPaths());
    const kubeconfig = engine?.env["KUBECONFIG"];
    if (engine === undefined || kubeconfig === undefined)
      throw UserError.cannotTell("the sandbox", "", "does not run with a cluster of its own", "start it: npm start");
    const cluster = KubernetesClient.forStack({ kubernetes: undefined }, { KUBECONFIG: kubeconfig });
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
async function measured(
  alloy: string,
  cluster: KubernetesClient,
  fleet: Fleet,
  nodes: number,
  pods: number,
  seconds: number,
): Promise<Cost> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-scale-"));
  const proxy = await CountingProxy.start(cluster);
  const loki = await PlayedLoki.start(/ /);
  const end = new AbortController();
  try {
    const file = path.join(folder, "config.alloy");
    await fs.writeFile(file, wired(pipelineText(), proxy.url, loki.url));
    const { execa } = await import("execa"); // a static import of it fails under tsx
    const listen = `--server.http.listen-addr=127.0.0.1:${await getPort()}`;
    const began = performance.now();
    const running = execa(
      alloy,
      ["run", file, `--storage.path=${path.join(folder, "storage")}`, listen, "--disable-reporting"],
      {
        env: { CLUSTER_NAME: "bench", NODE_NAME: measuredNode, LOKI_TENANT: "bench" },
        ...{ cancelSignal: end.signal, reject: false, stdin: "ignore", stdout: "ignore", stderr: "ignore" },
      },
    );
    try {
      const { pid } = running;
      if (pid === undefined) throw new Error(`${alloy} could not be started`);
      await waitUntil(
        "every container of the node is read",
        async () => Promise.resolve(proxy.followed.size === pods || `${proxy.followed.size} of ${pods} are`),
        { timeoutMs: 180_000, intervalMs: 100 },
      );
      const secondsToRead = (performance.now() - began) / 1000;
      await fleet.stir(nodes);
      await sleep(seconds * 1000);
      return { ...proxy.counted, nodes, secondsToRead, peakMiB: await peakMemory(pid) };
    } finally {
      end.abort();
      await running;
    }
  } finally {
    await proxy.close();
    await loki.close();
    await fs.rm(folder, { recursive: true, force: true });
  }
}

function pipelineText(): string {
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
  return composePipeline(settings).text;
}

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
