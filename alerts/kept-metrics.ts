import { authKinds, credentialFiles } from "../pipeline/credential-files";
import type { Settings } from "../settings/schema";

// A collector has 430 to 550 series; these are 55 to 80 of them. Histograms cost most: of one only count and sum are kept.
const ofCollectors = [
  "alloy_build_info",
  "alloy_config_hash",
  "alloy_config_last_load_successful",
  "alloy_config_last_load_success_timestamp_seconds",
  "alloy_component_controller_running_components",
  "alloy_resources_process_cpu_seconds_total",
  "alloy_resources_process_resident_memory_bytes",
  "alloy_resources_process_start_time_seconds",
  "go_goroutines",
];

const ofLogs = [
  "loki_process_dropped_lines_total",
  "loki_relabel_entries_processed",
  "loki_relabel_entries_written",
  "loki_write_batch_retries_total",
  "loki_write_dropped_entries_total",
  "loki_write_entry_propagation_latency_seconds_bucket",
  "loki_write_request_duration_seconds_count",
  "loki_write_request_duration_seconds_sum",
  "loki_write_sent_bytes_total",
  "loki_write_sent_entries_total",
  "prometheus_sd_kubernetes_failures_total",
];

const ofMetrics = [
  "prometheus_remote_storage_queue_highest_sent_timestamp_seconds",
  "prometheus_remote_storage_queue_highest_timestamp_seconds",
  "prometheus_remote_storage_samples_dropped_total",
  "prometheus_remote_storage_samples_failed_total",
  "prometheus_remote_storage_samples_pending",
  "prometheus_remote_storage_samples_retried_total",
  "prometheus_remote_storage_samples_total",
  "prometheus_remote_storage_shards",
  "prometheus_remote_storage_shards_desired",
  "prometheus_remote_storage_shards_max",
  "prometheus_remote_write_wal_samples_appended_total",
  "prometheus_remote_write_wal_storage_active_series",
  "prometheus_tsdb_wal_storage_size_bytes",
  "prometheus_tsdb_wal_truncations_failed_total",
  "prometheus_tsdb_wal_writes_failed_total",
];

const ofLogWal = ["loki_write_last_read_timestamp", "loki_write_wal_writer_last_written_timestamp"];

/** The collectors' own metrics that Prometheus keeps: those that alerts, `status` and the dashboard read. Pure. */
export function keptMetrics(settings: Settings): string[] {
  const { logs, metrics, wal, credentials } = settings;
  const asksVault = credentials.mode === "vault" && Object.keys(authKinds(settings)).length > 0;
  return [
    ...ofCollectors,
    ...(logs.enabled ? ofLogs : []),
    ...(logs.enabled && wal.logs ? ofLogWal : []),
    ...(metrics.enabled ? ofMetrics : []),
    ...(asksVault ? ["remote_vault_auth_total", "remote_vault_secret_reads_total"] : []),
    ...(Object.keys(credentialFiles(settings)).length > 0 ? ["local_file_timestamp_last_accessed_unix_seconds"] : []),
  ].sort();
}
