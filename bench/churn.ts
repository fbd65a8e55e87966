import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { wholeNumber } from "../commands/command-line/parse";
import { runVerb } from "../commands/command-line/run";
import { defineVerb, type Answer } from "../commands/command-line/verb";
import { getText } from "../operations/collectors/find";
import { ensureTools } from "../packages/sandbox/toolchain/ensure";
import { sandboxCluster, withCollector, type RunningCollector } from "./scale/collector";
import { Fleet } from "./scale/fleet";
import { courseOf, isFlat } from "./scale/slope";

const typed = "npm run bench:churn";
const everyMs = 2_000;
/** What is seen before counts as settling: a sixth, which is ten minutes of an hour. */
const settling = 1 / 6;

const verb = defineVerb({
  name: "churn",
  typed,
  summary: "Watch whether a collector grows while pods come and go",
  description: [
    "Starts one Alloy for a node of the running sandbox's cluster that kwok keeps alive. Every two seconds the oldest pod " +
      "of this node ends and a new one begins. It notes memory, goroutines, the streams that are open and the size of the " +
      "positions file, and judges how they went on after the first sixth of the time.",
  ],
  arguments: {},
  flags: {
    minutes: { meaning: "How long", value: "N", default: "25" },
    pods: { meaning: "Pods on the node", value: "N", default: "20" },
  },
  examples: [{ line: `${typed} -- --minutes 240`, meaning: "four hours, unattended" }],
  exitCodes: { 0: "all of them are flat", 1: "one grows" },
  run: async ({ flags: { minutes = "25", pods = "20" } }): Promise<Answer> => {
    const cluster = await sandboxCluster();
    const { alloy } = await ensureTools(["alloy"], (tool, text) => console.error(`${tool}: ${text}`));
    const count = wholeNumber(typed, "pods", pods);
    const fleet = new Fleet(cluster, count);
    const until = performance.now() + 60_000 * wholeNumber(typed, "minutes", minutes);
    const samples: Sample[] = [];
    try {
      await fleet.grow(1);
      await withCollector(alloy.path, cluster, count, async (collector) => {
        while (performance.now() < until) {
          await fleet.turnOver();
          await sleep(everyMs);
          samples.push(await look(collector));
        }
      });
    } finally {
      await fleet.remove();
    }
    return report(samples, count, minutes, alloy.version);
  },
});

type Sample = Record<"memory, MiB" | "goroutines" | "open streams" | "positions, KiB", number>;

async function look({ url, storage, proxy }: RunningCollector): Promise<Sample> {
  const page = await getText(new URL(`${url}/metrics`));
  const value = (name: string): number => {
    const found = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(page)?.[1];
    if (found === undefined) throw new Error(`Alloy's metrics have no ${name}`);
    return Number(found);
  };
  return {
    "memory, MiB": value("process_resident_memory_bytes") / 2 ** 20,
    goroutines: value("go_goroutines"),
    "open streams": proxy.followed.size,
    "positions, KiB": (await positionsBytes(storage)) / 1024,
  };
}

/** Size of the file that says how far each container was read. There is none until Alloy has written it first. */
async function positionsBytes(storage: string): Promise<number> {
  const files = await fs.readdir(storage, { recursive: true }).catch(() => []);
  const file = files.find((name) => path.basename(name) === "positions.yml");
  return file === undefined ? 0 : (await fs.stat(path.join(storage, file))).size;
}

function report(samples: readonly Sample[], pods: number, minutes: string, version: string): Answer {
  const settled = samples.slice(Math.ceil(samples.length * settling));
  const lines = [`Alloy ${version}, ${pods} pods, ${samples.length} of them replaced in ${minutes} minutes`];
  let grow = 0;
  for (const name of Object.keys(samples[0] ?? {}) as (keyof Sample)[]) {
    const course = courseOf(settled.map((sample) => sample[name]));
    if (!isFlat(course)) grow++;
    const figures = `${course.mean.toFixed(1)} on average, grew by ${course.growth.toFixed(1)}, noise ${course.noise.toFixed(1)}`;
    lines.push(`  ${name.padEnd(15)} ${figures}: ${isFlat(course) ? "flat" : "GROWS"}`);
  }
  if (lines.length === 1) throw new Error("nothing was seen");
  // Zero would be flat, too.
  if (samples.at(-1)?.["positions, KiB"] === 0) throw new Error("Alloy has written no position");
  return { exitCode: grow === 0 ? 0 : 1, text: lines.join("\n") };
}

void runVerb(verb, process.argv.slice(2));
