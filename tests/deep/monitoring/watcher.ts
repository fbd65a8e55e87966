import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { parse, stringify } from "yaml";

import { freePort } from "../../../packages/sandbox/process/ports";
import { findProcess, startProcess, stopProcess } from "../../../packages/sandbox/process/processes";
import { waitUntil } from "../../../packages/sandbox/process/waiting";
import { instantQuery, type Sample } from "../../../packages/sandbox/servers/prometheus";
import { ensureMonitoringTools } from "../../../packages/sandbox/toolchain/monitoring-tools";
import { sandbox } from "../../e2e/support/sandbox";
import { withShorterFor } from "../../support/shorter-for";
import type { OperatorFiles } from "./operator";

interface ScrapeConfig {
  job_name: string;
  relabel_configs?: Record<string, unknown>[];
}

interface PrometheusConfig {
  global: Record<string, unknown>;
  rule_files: string[];
  scrape_configs: ScrapeConfig[];
}

/** An alert as Prometheus has it now. */
export interface ActiveAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: "pending" | "firing";
}

/** A rule as Prometheus has it. Source: Prometheus' HTTP API, /api/v1/rules */
export interface LoadedRule {
  name: string;
  health: "ok" | "err" | "unknown";
  lastError?: string;
  /** Seconds. */
  evaluationTime: number;
}

/**
 * A Prometheus with the discovery of Kubernetes that runs what the operator wrote. Three things are changed, since no
 * operator's pod runs it: the placeholders of the pod's environment, the folder of the rules, and the addresses, because
 * the sandbox's collectors listen on ports of this machine.
 */
export class Watcher {
  private constructor(
    readonly url: string,
    private readonly folder: string,
    private readonly written: Record<string, string>,
  ) {}

  static async start({ config, rules }: OperatorFiles): Promise<Watcher> {
    const { paths } = sandbox();
    const tools = await ensureMonitoringTools((tool, text) => console.error(`${tool}: ${text}`));
    const folder = path.join(paths.data, "watch");
    const port = await freePort("watcher", paths);
    const watcher = new Watcher(`http://127.0.0.1:${port}`, folder, rules);
    await fs.mkdir(path.join(folder, "rules"), { recursive: true });
    await fs.writeFile(path.join(folder, "prometheus.yml"), stringify(await adapted(config, folder)));
    await watcher.writeRules(1);
    await startProcess(
      {
        name: "watcher",
        command: tools.prometheus,
        args: [
          `--config.file=${path.join(folder, "prometheus.yml")}`,
          `--storage.tsdb.path=${path.join(folder, "tsdb")}`,
          `--web.listen-address=127.0.0.1:${port}`,
          "--web.enable-lifecycle",
        ],
        cwd: folder,
      },
      paths,
    );
    const ready = async (): Promise<boolean> => (await fetch(`${watcher.url}/-/ready`)).status === 200;
    await waitUntil("the watching Prometheus is ready", ready, { timeoutMs: 60_000, intervalMs: 500 });
    return watcher;
  }

  /** Has every `for` divided by this factor. Expressions, ranges and labels stay as the operator wrote them. */
  async divideFor(factor: number): Promise<void> {
    await this.writeRules(factor);
    const answer = await fetch(`${this.url}/-/reload`, { method: "POST" });
    assert.equal(answer.status, 200, await answer.text());
  }

  async alerts(): Promise<ActiveAlert[]> {
    const answer = await fetch(`${this.url}/api/v1/alerts`);
    return ((await answer.json()) as { data: { alerts: ActiveAlert[] } }).data.alerts;
  }

  /** `Name severity` of every alert that fires now, sorted. */
  async firing(): Promise<string[]> {
    const firing = (await this.alerts()).filter(({ state }) => state === "firing");
    return [...new Set(firing.map(({ labels }) => `${labels["alertname"]} ${labels["severity"]}`))].sort();
  }

  /** Every rule that is loaded, with how its last evaluation went. */
  async rules(): Promise<LoadedRule[]> {
    const answer = await fetch(`${this.url}/api/v1/rules`);
    const { data } = (await answer.json()) as { data: { groups: { rules: LoadedRule[] }[] } };
    return data.groups.flatMap(({ rules }) => rules);
  }

  query(query: string): Promise<Sample[]> {
    return instantQuery(this.url, query);
  }

  async stop(): Promise<void> {
    const record = await findProcess("watcher", sandbox().paths);
    if (record !== undefined) await stopProcess(record, { graceMs: 10_000 }, sandbox().paths);
  }

  private async writeRules(factor: number): Promise<void> {
    assert.ok(Object.keys(this.written).length > 0, "the operator has written no rules");
    for (const [name, text] of Object.entries(this.written))
      await fs.writeFile(path.join(this.folder, "rules", name), withShorterFor(text, factor));
  }
}

async function adapted(config: string, folder: string): Promise<PrometheusConfig> {
  // The operator's reloader fills these in from the pod's environment.
  const text = config.replaceAll("$(SHARD)", "0").replaceAll("$(POD_NAME)", "prometheus-watch-0");
  const parsed = parse(text) as PrometheusConfig;
  assert.ok(parsed.rule_files.length > 0 && parsed.scrape_configs.length > 0, "the operator's configuration is empty");
  parsed.rule_files = [path.join(folder, "rules", "*.yaml")];
  const { pods } = await sandbox().agent();
  assert.ok(pods.length > 0, "no collector runs");
  const ours = parsed.scrape_configs.filter(({ job_name }) => job_name.startsWith("podMonitor/monitoring/alloy/"));
  assert.equal(ours.length, 1, `jobs: ${parsed.scrape_configs.map(({ job_name }) => job_name).join(", ")}`);
  for (const job of ours)
    for (const { node, listener } of pods)
      job.relabel_configs?.push({
        source_labels: ["__meta_kubernetes_pod_node_name"],
        regex: node,
        target_label: "__address__",
        replacement: `127.0.0.1:${listener?.localPort ?? assert.fail(`${node} has no listener`)}`,
      });
  return parsed;
}
