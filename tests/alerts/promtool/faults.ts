import type { AlertName } from "../../../alerts/table";
import { appearing, counter, gauge, isFaulty, stoppedClock, type Series } from "./series";

/** How a fault shows in the metrics, and which of the alert's rules it has fire. */
export interface Fault {
  severities: readonly string[];
  series: readonly Series[];
  /** It is so on every node. */
  everywhere?: true;
}

const requests = "loki_write_request_duration_seconds_count";
const latency = "loki_write_entry_propagation_latency_seconds_bucket";
const answer = (code: string, value: Series["value"]): Series => ({
  metric: requests,
  labels: `status_code="${code}"`,
  value,
});
const leftOut = (reason: string): Series => ({
  metric: "loki_process_dropped_lines_total",
  labels: `reason="${reason}"`,
  value: appearing(30),
});
const read = (value: Series["value"]): Series => ({
  metric: "loki_relabel_entries_processed",
  labels: 'component_id="loki.relabel.drop_high_cardinality"',
  value,
});
const one = (metric: string, value: Series["value"], more: Partial<Series> = {}): Series => ({
  metric,
  value,
  ...more,
});

/** One fault an alert: whoever adds an alert has to say here how its fault looks. */
export const faults: Record<AlertName, Fault> = {
  AlloyAbsent: {
    severities: ["critical"],
    everywhere: true,
    series: [one("up", (m) => (isFaulty(m) ? undefined : 1))],
  },
  AlloyCollectorDown: { severities: ["warning", "critical"], series: [one("up", gauge(1, 0))] },
  AlloyNodeWithoutCollector: {
    severities: ["warning"],
    series: [one("kube_daemonset_status_number_ready", gauge(2, 1), { of: "cluster" })],
  },
  AlloyCollectorRestarting: {
    severities: ["warning"],
    series: [one("alloy_resources_process_start_time_seconds", (m) => (isFaulty(m) ? m - (m % 10) : 1_000))],
  },
  AlloyConfigNotLoaded: { severities: ["critical"], series: [one("alloy_config_last_load_successful", gauge(1, 0))] },
  AlloyConfigUnexpected: {
    severities: ["warning"],
    series: [one("alloy_config_hash", (m) => (isFaulty(m) ? 1 : undefined), { labels: `sha256="${"0".repeat(64)}"` })],
  },
  AlloyComponentUnhealthy: {
    severities: ["warning"],
    series: [one("alloy_component_controller_running_components", gauge(0, 1), { labels: 'health_type="unhealthy"' })],
  },
  AlloyLinesDropped: {
    severities: ["warning", "critical"],
    series: [one("loki_write_dropped_entries_total", counter(0, 100), { labels: 'reason="ingester_error"' })],
  },
  AlloyCredentialRefused: { severities: ["critical"], series: [answer("401", appearing(5))] },
  AlloyLokiRefusesBatches: { severities: ["warning"], series: [answer("400", appearing(5))] },
  AlloyLokiErrors: { severities: ["warning"], series: [answer("500", appearing(20))] },
  AlloyLokiNotTaking: {
    severities: ["warning", "critical"],
    series: [
      one("loki_write_batch_retries_total", counter(0, 2)),
      one("loki_write_sent_entries_total", counter(600, 0)),
      answer("-1", appearing(2)),
      answer("204", counter(60, 0)),
    ],
  },
  AlloyLinesLate: { severities: ["warning"], series: [one(latency, counter(600, 0), { labels: 'le="1"' })] },
  AlloyQueueFilling: {
    severities: ["warning"],
    // Sent again afterwards, all at once.
    series: [one("loki_write_sent_entries_total", (m) => (isFaulty(m) ? counter(600, 100)(m) : 600 * m))],
  },
  AlloyNothingRead: { severities: ["warning"], series: [read(counter(600, 0))] },
  AlloyDiscoveryFailing: {
    severities: ["warning"],
    series: [one("prometheus_sd_kubernetes_failures_total", counter(0, 1))],
  },
  AlloyLinesTooOld: { severities: ["warning"], series: [leftOut("older_than_loki_window")] },
  AlloyLinesRateLimited: { severities: ["info"], series: [leftOut("ratelimit_drop_stage")] },
  AlloyLogWalBehind: { severities: ["critical"], series: [one("loki_write_last_read_timestamp", stoppedClock)] },
  AlloyCanaryLinesMissing: {
    severities: ["critical"],
    series: [one("loki_canary_missing_entries_total", counter(0, 1), { of: "canary" })],
  },
  AlloyRemoteWriteBehind: {
    severities: ["warning"],
    series: [one("prometheus_remote_storage_queue_highest_sent_timestamp_seconds", stoppedClock)],
  },
  AlloyRemoteWriteFailing: {
    severities: ["warning"],
    series: [one("prometheus_remote_storage_samples_failed_total", counter(0, 50))],
  },
  AlloyRemoteWriteStalled: {
    severities: ["critical"],
    series: [one("prometheus_remote_storage_samples_total", counter(500, 0))],
  },
  AlloyWalSpace: {
    severities: ["warning"],
    series: [one("prometheus_tsdb_wal_storage_size_bytes", gauge(1e8, 2 ** 30))],
  },
  AlloyWalBroken: { severities: ["critical"], series: [one("prometheus_tsdb_wal_writes_failed_total", counter(0, 1))] },
  AlloyMemoryNearLimit: {
    severities: ["warning"],
    series: [one("alloy_resources_process_resident_memory_bytes", gauge(1e8, 5e8))],
  },
  AlloyCpuAtLimit: {
    severities: ["warning"],
    series: [one("alloy_resources_process_cpu_seconds_total", counter(3, 29))],
  },
  AlloyVaultNotRead: { severities: ["warning"], series: [one("remote_vault_secret_reads_total", counter(1, 0))] },
  AlloyCredentialFileUnread: {
    severities: ["warning"],
    series: [one("local_file_timestamp_last_accessed_unix_seconds", stoppedClock)],
  },
  AlloySeriesOverBudget: {
    severities: ["info"],
    series: [one("scrape_samples_post_metric_relabeling", gauge(70, 120))],
  },
};
