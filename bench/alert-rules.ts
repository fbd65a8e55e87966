import { spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { stringify } from "yaml";

import { configHash } from "../alerts/facts";
import { keptMetrics } from "../alerts/kept-metrics";
import { prometheusRuleSpec } from "../alerts/prometheus-rule";
import { wholeNumber } from "../commands/command-line/parse";
import { runVerb } from "../commands/command-line/run";
import { defineVerb, type Answer } from "../commands/command-line/verb";
import { repoRoot } from "../kit/repo-root";
import { getText } from "../operations/collectors/find";
import { ensureTools } from "../packages/sandbox/toolchain/ensure";
import { freePort } from "../packages/sandbox/process/ports";
import { composePipeline } from "../pipeline/compose";
import { parseSettings } from "../settings/parse-settings";
import { readStackFile } from "../settings/stack-file";
import type { Settings } from "../settings/schema";

const typed = "npm run bench:alert-rules";

const verb = defineVerb({
  name: "alert-rules",
  typed,
  summary: "Measure what the alerts cost a Prometheus, and that none fires on healthy collectors",
  description: [
    "Starts a Prometheus with the rules of production. It scrapes a page that holds the series of as many healthy " +
      "collectors as are asked for. Prints how long Prometheus takes to evaluate each group of rules.",
  ],
  arguments: {},
  flags: {
    nodes: { meaning: "Collectors on the page", value: "N", default: "1000" },
    minutes: { meaning: "How long Prometheus runs", value: "N", default: "4" },
  },
  examples: [],
  exitCodes: { 0: "no alert is pending or fires", 1: "one is" },
  run: async ({ flags: { nodes = "1000", minutes = "4" } }): Promise<Answer> => {
    const count = wholeNumber(typed, "nodes", nodes);
    const settings = parseSettings(readStackFile("production", repoRoot).config, "Pulumi.production.yaml");
    const text = composePipeline(settings).text;
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-alert-rules-"));
    const page = await servePage(count, settings, configHash(text));
    try {
      await fs.writeFile(path.join(folder, "rules.yaml"), stringify(prometheusRuleSpec(settings, text)));
      return await measure(folder, page.port, count, wholeNumber(typed, "minutes", minutes));
    } finally {
      page.server.close();
      await fs.rm(folder, { recursive: true, force: true });
    }
  },
});

if (require.main === module) void runVerb(verb, process.argv.slice(2));

interface Group {
  name: string;
  evaluationTime: number;
  rules: { name: string; state?: string; health: string; lastError?: string }[];
}

async function measure(folder: string, pagePort: number, count: number, minutes: number): Promise<Answer> {
  const { prometheus } = await ensureTools(["prometheus"], (tool, text) => console.error(`${tool}: ${text}`));
  const port = await freePort("bench-alert-rules");
  await fs.writeFile(
    path.join(folder, "prometheus.yaml"),
    stringify({
      global: { scrape_interval: "15s", evaluation_interval: "15s" },
      rule_files: ["rules.yaml"],
      scrape_configs: [
        { job_name: "page", honor_labels: true, static_configs: [{ targets: [`127.0.0.1:${pagePort}`] }] },
      ],
    }),
  );
  const child = spawn(
    prometheus.path,
    [
      "--config.file=prometheus.yaml",
      `--storage.tsdb.path=${path.join(folder, "tsdb")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=warn",
    ],
    { cwd: folder, stdio: ["ignore", "inherit", "inherit"] },
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    await sleep(minutes * 60_000);
    const url = new URL(`http://127.0.0.1:${port}/api/v1/rules`);
    const { data } = JSON.parse(await getText(url)) as { data: { groups: Group[] } };
    const rules = data.groups.flatMap((group) => group.rules);
    const loud = rules.filter(({ state, health }) => health !== "ok" || (state ?? "inactive") !== "inactive");
    const total = data.groups.reduce((sum, { evaluationTime }) => sum + evaluationTime, 0);
    return {
      exitCode: rules.length > 30 && loud.length === 0 ? 0 : 1,
      text: [
        ...data.groups.map(
          ({ name, rules: own, evaluationTime }) => `${name}: ${own.length} rules, ${ms(evaluationTime)}`,
        ),
        `all: ${rules.length} rules at ${count} nodes, ${ms(total)}`,
        ...loud.map(({ name, state, health, lastError }) => `${name}: ${state ?? health} ${lastError ?? ""}`),
      ].join("\n"),
    };
  } finally {
    child.kill();
    await ended;
  }
}

const ms = (seconds: number): string => `${(1_000 * seconds).toFixed(0)} ms`;

/** A page with the series of many healthy collectors, each of which grows or stands as in a healthy collector. */
async function servePage(
  count: number,
  settings: Settings,
  hash: string,
): Promise<{ server: http.Server; port: number }> {
  const began = Date.now();
  const server = http.createServer((_, response) => {
    const seconds = (Date.now() - began) / 1_000;
    response.setHeader("content-type", "text/plain; version=0.0.4");
    for (let node = 0; node < count; node++) response.write(seriesOf(`node-${node}`, settings, hash, seconds));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

/** Labels and value of each series that is more than one, or not the seconds since the beginning. */
const special = (hash: string, now: number, seconds: number): Record<string, [labels: string, value: number][]> => ({
  up: [["", 1]],
  scrape_samples_post_metric_relabeling: [["", 50]],
  alloy_build_info: [["", 1]],
  alloy_config_hash: [[`sha256="${hash}"`, 1]],
  alloy_config_last_load_successful: [["", 1]],
  alloy_component_controller_running_components: [['health_type="healthy"', 20]],
  alloy_resources_process_cpu_seconds_total: [["", seconds / 20]],
  alloy_resources_process_resident_memory_bytes: [["", 1e8]],
  alloy_resources_process_start_time_seconds: [["", 1_000]],
  loki_relabel_entries_processed: ["loki.relabel.drop_high_cardinality", "loki.relabel.static_labels"].map((id) => [
    `component_id="${id}"`,
    10 * seconds,
  ]),
  loki_relabel_entries_written: ["loki.relabel.drop_high_cardinality", "loki.relabel.static_labels"].map((id) => [
    `component_id="${id}"`,
    10 * seconds,
  ]),
  loki_process_dropped_lines_total: [],
  loki_write_batch_retries_total: [["", 0]],
  loki_write_dropped_entries_total: ["a", "b", "c", "d", "e"].map((reason) => [`reason="${reason}"`, 0]),
  loki_write_entry_propagation_latency_seconds_bucket: ["0.5", "1", "2", "5", "10", "30", "60", "120", "300", "600"]
    .concat("+Inf")
    .map((bound) => [`le="${bound}"`, 10 * seconds]),
  loki_write_request_duration_seconds_count: [['status_code="204"', seconds]],
  loki_write_request_duration_seconds_sum: [['status_code="204"', seconds / 50]],
  loki_write_sent_entries_total: [["", 10 * seconds]],
  prometheus_sd_kubernetes_failures_total: [["", 0]],
  prometheus_remote_storage_queue_highest_sent_timestamp_seconds: [["", now]],
  prometheus_remote_storage_queue_highest_timestamp_seconds: [["", now]],
  prometheus_remote_storage_samples_failed_total: [["", 0]],
  prometheus_tsdb_wal_storage_size_bytes: [["", 1e8]],
  prometheus_tsdb_wal_truncations_failed_total: [["", 0]],
  prometheus_tsdb_wal_writes_failed_total: [["", 0]],
  local_file_timestamp_last_accessed_unix_seconds: [["", now]],
});

function seriesOf(node: string, settings: Settings, hash: string, seconds: number): string {
  const { clusterName, namespace } = settings;
  const place = `cluster="${clusterName}",namespace="${namespace.name}",job="alloy",node="${node}"`;
  const values = special(hash, Date.now() / 1_000, seconds);
  const names = ["up", "scrape_samples_post_metric_relabeling", ...keptMetrics(settings)];
  return names
    .flatMap((name) =>
      (values[name] ?? [["", seconds] as const]).map(
        ([labels, value]) => `${name}{${place}${labels === "" ? "" : `,${labels}`}} ${value}\n`,
      ),
    )
    .join("");
}
