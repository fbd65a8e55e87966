import { authKinds, credentialFiles } from "../../../../pipeline/credential-files";
import { collectsOwnLines } from "../../../../settings/own-lines";
import type { Settings } from "../../../../settings/schema";
import { formatDuration, parseDuration, parseQuantity } from "../../../../kit/units";

/** What the pack knows of one rule: not its text, but every word that the text may have. */
export interface AlertRow {
  group: string;
  name: string;
  /** Absent for a recorded series. */
  severity?: "critical" | "warning" | "info";
  for?: string;
  reads: readonly string[];
  calls: string;
  compares: string;
  over?: readonly string[];
  picks?: readonly string[];
  /** How its series are chosen; by those of the collectors if it is not set. */
  of?: "nodes" | "daemonset" | "canary";
}

const minutes = (count: number): string => formatDuration(Math.max(1, Math.round(count * 60)) * 1_000);
const durationOf = (text: string | undefined): number => (parseDuration(text ?? "") ?? 0) / 60_000;

/**
 * The rules of a stack with these settings, in their order. Sources: the metrics of grafana/alloy 1.18 and
 * kube-state-metrics; the fractions of the outage budget and of the limits as docs/runbooks/README.md explains them.
 */
export function alertRows(settings: Settings): AlertRow[] {
  return [recordedRows, collectorRows, lineRows, metricRows, meansRows].flatMap((rows) => rows(settings));
}

/** Makes the rows of a group: warnings, unless they say something else. */
const rowsOf =
  (group: string) =>
  (name: string, rest: Omit<AlertRow, "group" | "name">): AlertRow => ({ group, name, severity: "warning", ...rest });

/** A range of this many minutes, or of four scrapes. */
function range({ selfMonitoring }: Settings, wanted: number): string {
  return minutes(Math.max(wanted, 4 * durationOf(selfMonitoring.scrapeInterval)));
}

const processed = 'component_id="loki.relabel.drop_high_cardinality"';
const [sent, dropped] = ["loki_write_sent_entries_total", "loki_write_dropped_entries_total"];
const requests = "loki_write_request_duration_seconds_count";

function recordedRows(settings: Settings): AlertRow[] {
  if (!settings.logs.enabled) return [];
  const group = "alloy-recorded";
  const ratio = (name: string, over: string): AlertRow => ({
    ...{ group, name, reads: [dropped, dropped, sent], calls: "sum rate sum rate sum rate" },
    ...{ compares: "/ +", over: [over, over, over] },
  });
  const [read, given] = ["loki_relabel_entries_processed", "loki_relabel_entries_written"];
  const [short, long] = [range(settings, 5), range(settings, 60)];
  const rate = { group, calls: "sum rate", compares: "", over: [short] };
  return [
    { ...rate, name: "node:alloy_lines_read:rate", reads: [read], picks: [processed] },
    { ...rate, name: "node:alloy_lines_sent:rate", reads: [sent] },
    {
      ...{ group, name: "node:alloy_lines_waiting:sum", reads: [given, sent, dropped], calls: "clamp_min sum sum sum" },
      ...{ compares: "- - 0", picks: ['component_id="loki.relabel.drop_high_cardinality"'] },
    },
    ratio("node:alloy_lines_lost:ratio", short),
    ratio("node:alloy_lines_lost:ratio_1h", long),
  ];
}

function collectorRows({ alerts, rollout }: Settings): AlertRow[] {
  const timeout = durationOf(rollout.timeout);
  const daemonSet = ["kube_daemonset_status_desired_number_scheduled", "kube_daemonset_status_number_ready"];
  const row = rowsOf("alloy-collectors");
  return [
    row("AlloyAbsent", { severity: "critical", reads: ["up"], calls: "absent", compares: "", for: "15m" }),
    row("AlloyCollectorDown", { reads: ["up"], calls: "max", compares: "== 0", for: "10m" }),
    row("AlloyCollectorDown", {
      severity: "critical",
      reads: ["up"],
      calls: "avg max",
      compares: "1 - > 0.1",
      for: "15m",
    }),
    ...(alerts.kubeStateMetrics
      ? [
          row("AlloyNodeWithoutCollector", {
            ...{ reads: daemonSet, calls: "", compares: "- > 0", for: minutes(timeout + 15), of: "daemonset" },
          }),
        ]
      : []),
    row("AlloyCollectorRestarting", {
      ...{ reads: ["alloy_resources_process_start_time_seconds"], calls: "sum changes", compares: "> 2", over: ["1h"] },
    }),
    row("AlloyConfigNotLoaded", {
      severity: "critical",
      ...{ reads: ["alloy_config_last_load_successful"], calls: "max", compares: "== 0", for: "5m" },
    }),
    row("AlloyConfigUnexpected", {
      ...{ reads: ["alloy_config_hash"], calls: "max", compares: "== 1", picks: ["HASH"], for: minutes(timeout + 10) },
    }),
    row("AlloyComponentUnhealthy", {
      ...{ reads: ["alloy_component_controller_running_components"], calls: "sum", compares: "> 0", for: "10m" },
      picks: ['health_type!="healthy"'],
    }),
  ];
}

function lineRows(settings: Settings): AlertRow[] {
  const { logs, wal, canary } = settings;
  if (!logs.enabled) return [];
  const budget = durationOf(wal.outageBudget);
  const [five, ten, quarter] = [range(settings, 5), range(settings, 10), range(settings, 15)];
  const warning = rowsOf("alloy-lines");
  const refused = { reads: [requests], calls: "sum rate", compares: "> 0", over: [five] };
  const notTaking = {
    ...{ reads: ["loki_write_batch_retries_total", sent], calls: "sum increase sum increase" },
    ...{ compares: "> 0 and == 0", over: [five, five] },
  };
  const tooOld = { reads: ["loki_process_dropped_lines_total"], calls: "sum rate", compares: "> 0", over: [ten] };
  const waiting = "node:alloy_lines_waiting:sum";
  const silence = canary.enabled ? ten : "2h";
  return [
    warning("AlloyLinesDropped", { reads: [dropped], calls: "sum increase", compares: "> 0", over: [quarter] }),
    warning("AlloyLinesDropped", {
      ...{
        severity: "critical",
        reads: ["node:alloy_lines_lost:ratio_1h", "node:alloy_lines_lost:ratio"],
        of: "nodes",
      },
      ...{ calls: "", compares: "> 0.0144 and > 0.0144" },
    }),
    warning("AlloyCredentialRefused", {
      ...refused,
      ...{ severity: "critical", picks: ['status_code=~"401|403"'], for: "1m" },
    }),
    warning("AlloyLokiRefusesBatches", {
      ...refused,
      ...{ picks: ['status_code=~"4.."', 'status_code!~"401|403|429"'], for: "5m" },
    }),
    warning("AlloyLokiErrors", {
      ...{ reads: [requests, requests], calls: "sum rate sum rate", compares: "/ > 0.1", over: [five, five] },
      ...{ picks: ['status_code!~"2.."'], for: "15m" },
    }),
    warning("AlloyLokiNotTaking", { ...notTaking, for: minutes(budget / 6) }),
    warning("AlloyLokiNotTaking", { ...notTaking, severity: "critical", for: minutes((budget * 5) / 12) }),
    warning("AlloyLinesLate", {
      ...{ reads: ["loki_write_entry_propagation_latency_seconds_bucket"], calls: "histogram_quantile sum rate" },
      ...{ compares: "0.99 > 60", over: [ten], for: "15m" },
    }),
    warning("AlloyQueueFilling", {
      ...{ reads: [waiting, waiting], of: "nodes", calls: "delta", over: [ten], for: "10m" },
      // Half of the 10 MiB that loki.write holds.
      compares: `> ${Math.floor((5 * 2 ** 20) / wal.load.bytesPerLine)} and >= 0`,
    }),
    ...(canary.enabled || collectsOwnLines(settings)
      ? [
          warning("AlloyNothingRead", {
            ...{ reads: ["loki_relabel_entries_processed", "up", "up"], calls: "sum increase min min_over_time min" },
            ...{ compares: "== 0 and == 1 and == 1", over: [silence, silence, `offset ${silence}`] },
            ...{ picks: [processed], for: "15m" },
          }),
        ]
      : []),
    warning("AlloyDiscoveryFailing", {
      ...{ reads: ["prometheus_sd_kubernetes_failures_total"], calls: "sum increase", compares: "> 3" },
      ...{ over: [quarter], for: "15m" },
    }),
    warning("AlloyLinesTooOld", { ...tooOld, picks: ['reason="older_than_loki_window"'], for: "30m" }),
    ...(logs.rateLimits.length === 0
      ? []
      : [
          warning("AlloyLinesRateLimited", {
            ...tooOld,
            ...{ severity: "info", picks: ['reason="ratelimit_drop_stage"'], for: "30m" },
          }),
        ]),
    ...(wal.logs
      ? [
          warning("AlloyLogWalBehind", {
            severity: "critical",
            reads: ["loki_write_wal_writer_last_written_timestamp", "loki_write_last_read_timestamp"],
            ...{ calls: "max max", compares: `- > ${budget * 30}`, for: "5m" },
          }),
        ]
      : []),
    ...(canary.enabled
      ? [
          warning("AlloyCanaryLinesMissing", {
            ...{ severity: "critical", of: "canary", reads: ["loki_canary_missing_entries_total"] },
            ...{ calls: "sum increase", compares: "> 0", over: [range(settings, 60)] },
          }),
        ]
      : []),
  ];
}

function metricRows(settings: Settings): AlertRow[] {
  const { metrics, wal } = settings;
  if (!metrics.enabled) return [];
  const [five, ten, quarter] = [range(settings, 5), range(settings, 10), range(settings, 15)];
  const behind = Math.max(60, 180 * durationOf(metrics.scrapeInterval));
  const queue = "prometheus_remote_storage_queue_highest";
  const [samples, failed] = [
    "prometheus_remote_storage_samples_total",
    "prometheus_remote_storage_samples_failed_total",
  ];
  const row = rowsOf("alloy-node-metrics");
  return [
    row("AlloyRemoteWriteBehind", {
      ...{ reads: [`${queue}_timestamp_seconds`, `${queue}_sent_timestamp_seconds`], calls: "max max" },
      ...{ compares: `- > ${behind}`, for: "15m" },
    }),
    row("AlloyRemoteWriteFailing", {
      ...{ reads: [failed, failed, samples], calls: "sum rate sum rate sum rate", compares: "/ + > 0.01" },
      ...{ over: [five, five, five], for: "15m" },
    }),
    row("AlloyRemoteWriteStalled", {
      ...{ severity: "critical", reads: ["prometheus_remote_write_wal_samples_appended_total", samples] },
      ...{ calls: "sum rate sum rate", compares: "> 0 and == 0", over: [ten, ten], for: "15m" },
    }),
    row("AlloyWalSpace", {
      ...{ reads: ["prometheus_tsdb_wal_storage_size_bytes"], calls: "sum", for: "15m" },
      compares: `> ${Math.floor(0.8 * (parseQuantity(wal.disk) ?? 0))}`,
    }),
    row("AlloyWalBroken", {
      severity: "critical",
      reads: ["prometheus_tsdb_wal_writes_failed_total", "prometheus_tsdb_wal_truncations_failed_total"],
      ...{ calls: "sum increase sum increase", compares: "> 0 or > 0", over: [quarter, quarter] },
    }),
  ];
}

function meansRows(settings: Settings): AlertRow[] {
  const { resources, credentials, vault } = settings;
  const [memory, cores] = [parseQuantity(resources.limits.memory) ?? 0, parseQuantity(resources.limits.cpu) ?? 0];
  const process = "alloy_resources_process";
  const asksVault = credentials.mode === "vault" && Object.keys(authKinds(settings)).length > 0;
  const readsFile = Object.values(credentialFiles(settings)).some(({ kind }) => kind !== "bearer");
  const reread = range(settings, Math.max(10, 5 * durationOf(vault?.login.reread)));
  const row = rowsOf("alloy-means");
  return [
    row("AlloyMemoryNearLimit", {
      ...{ reads: [`${process}_resident_memory_bytes`], calls: "max", compares: `> ${Math.floor(0.9 * memory)}` },
      for: "15m",
    }),
    row("AlloyCpuAtLimit", {
      ...{ reads: [`${process}_cpu_seconds_total`], calls: "sum rate", over: [range(settings, 10)], for: "30m" },
      compares: `> ${Number((0.9 * cores).toFixed(4))}`,
    }),
    ...(asksVault
      ? [
          row("AlloyVaultNotRead", {
            ...{ reads: ["remote_vault_secret_reads_total"], calls: "sum increase", compares: "== 0" },
            ...{ over: [reread], for: "5m" },
          }),
        ]
      : []),
    ...(readsFile
      ? [
          row("AlloyCredentialFileUnread", {
            ...{ reads: ["local_file_timestamp_last_accessed_unix_seconds"], calls: "time min" },
            ...{ compares: "- > 300", for: "10m" },
          }),
        ]
      : []),
    row("AlloySeriesOverBudget", {
      ...{ severity: "info", reads: ["scrape_samples_post_metric_relabeling"], calls: "max" },
      ...{ compares: "> 100", for: "1h" },
    }),
  ];
}
