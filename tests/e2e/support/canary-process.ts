import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import * as readline from "node:readline";

import getPort from "get-port";

import { parseMetrics } from "../../../kit/metrics-text";
import { ensureTools } from "../../../packages/sandbox/toolchain/ensure";
import type { LivePod } from "./pods";
import { PlayedPod } from "./pods";

interface CanaryContainer {
  name: string;
  args: string[];
  env: { name: string; valueFrom?: { fieldRef?: { fieldPath: string } } }[];
}

/**
 * Later flags of the same name win. A test has no outage budget to wait for: a line counts as lost after twenty seconds.
 * The rest is what the DaemonSet says.
 */
const hurried = ["-wait=4s", "-max-wait=20s", "-spot-check-initial-wait=10m", "-pruneinterval=2s", "-interval=500ms"];

/** Grafana's loki-canary with the arguments of one pod, whose log is what it writes. */
export class CanaryProcess {
  private constructor(
    readonly node: string,
    private readonly url: string,
    private readonly child: ChildProcess,
    private readonly log: PlayedPod,
  ) {}

  static async start(pod: LivePod): Promise<CanaryProcess> {
    const tools = await ensureTools(["loki-canary"], (tool, text) => console.error(`${tool}: ${text}`));
    const [container] = pod.spec.containers as unknown as CanaryContainer[];
    const { namespace, name, uid } = pod.metadata;
    const node = pod.spec.nodeName ?? assert.fail(`${name} has no node`);
    assert.ok(container);
    const fields: Record<string, string> = { "spec.nodeName": node, "metadata.name": name };
    const variables = new Map(
      container.env.map((one) => [one.name, fields[one.valueFrom?.fieldRef?.fieldPath ?? ""] ?? assert.fail(one.name)]),
    );
    // As the kubelet replaces them.
    const args = container.args.map((arg) =>
      arg.replace(/\$\((\w+)\)/g, (whole, variable: string) => variables.get(variable) ?? whole),
    );
    const log = await PlayedPod.play({ namespace, name, uid, node }, [container.name]);
    const port = await getPort({ host: "127.0.0.1" });
    const child = spawn(tools["loki-canary"].path, [...args, ...hurried, `-port=${port}`], {
      env: Object.fromEntries(variables),
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr])
      readline.createInterface({ input: stream }).on("line", (line) => log.write(line));
    return new CanaryProcess(node, `http://127.0.0.1:${port}/metrics`, child, log);
  }

  /** The canary's counters, each the sum over its labels. */
  async counters(): Promise<Record<string, number>> {
    assert.equal(this.child.exitCode, null, `the canary of ${this.node} has ended`);
    const page = await (await fetch(this.url)).text();
    const sums: Record<string, number> = {};
    for (const { name, value } of parseMetrics(page)) sums[name] = (sums[name] ?? 0) + value;
    return sums;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = new Promise((resolve) => this.child.once("exit", resolve));
      this.child.kill("SIGKILL");
      await ended;
    }
    this.log.close();
  }
}
