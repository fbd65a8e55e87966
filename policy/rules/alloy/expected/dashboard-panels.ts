import { authKinds, credentialFiles } from "../../../../pipeline/credential-files";
import { readsOwnNamespace } from "../../../../settings/own-lines";
import type { Settings } from "../../../../settings/schema";

/** What the pack knows of one panel: its kind, its title, and every metric that its queries may read. */
export interface PanelRow {
  type: "row" | "stat" | "timeseries" | "table" | "logs";
  title: string;
  /** Of Prometheus; of Loki where there is none. */
  reads: readonly string[];
}

const panel =
  (type: PanelRow["type"]) =>
  (title: string, ...reads: readonly string[]): PanelRow => ({ type, title, reads });
const [row, stat, curve] = [panel("row"), panel("stat"), panel("timeseries")];

const [sent, dropped] = ["loki_write_sent_entries_total", "loki_write_dropped_entries_total"];
const [processed, given] = ["loki_relabel_entries_processed", "loki_relabel_entries_written"];
const duration = "loki_write_request_duration_seconds";
const latency = "loki_write_entry_propagation_latency_seconds_bucket";
const queue = "prometheus_remote_storage";
const process = "alloy_resources_process";

/** The panels of a stack with these settings, in their order. */
export function panelRows(settings: Settings): PanelRow[] {
  const { alerts, logs, metrics, wal, credentials } = settings;
  // Where there are no alerts, Prometheus records nothing, and the panels read what would have been recorded.
  const recorded = (name: string, ...from: readonly string[]): readonly string[] =>
    alerts.enabled ? [`node:alloy_lines_${name}`] : from;
  const [sentRate, lost, waiting] = [
    recorded("sent:rate", sent),
    recorded("lost:ratio", dropped, sent),
    recorded("waiting:sum", given, sent, dropped),
  ];
  const files = Object.keys(credentialFiles(settings)).length > 0;
  const vault = credentials.mode === "vault" && Object.keys(authKinds(settings)).length > 0;
  const rows: [string, PanelRow[]][] = [
    [
      "Fleet",
      [
        stat("Collectors up", "up"),
        ...(logs.enabled ? [stat("Lines sent", ...sentRate), stat("Lost in 24 hours", dropped)] : []),
        stat("Other config", "alloy_config_hash"),
        stat("Versions", "alloy_build_info"),
        panel("table")(
          ...(["Collectors by node", "up", "alloy_build_info"] as const),
          ...(logs.enabled ? [...sentRate, ...lost, ...waiting, latency] : []),
          ...[`${process}_resident_memory_bytes`, `${process}_cpu_seconds_total`],
        ),
      ],
    ],
    [
      "Pipeline",
      logs.enabled
        ? [
            curve("Lines read, sent and lost", processed, sent, dropped),
            curve("Lines sent, by node", ...sentRate),
            curve("Share of lines lost, by node", ...lost),
            curve("Lines lost, by reason", dropped),
            curve("Lines left out on purpose, by reason", "loki_process_dropped_lines_total"),
            curve("Lines waiting, by node", ...waiting),
            curve("Requests to Loki, by answer", `${duration}_count`),
            curve("Share of requests that fail, by node", `${duration}_count`),
            curve("Attempts that were repeated, by node", "loki_write_batch_retries_total"),
            curve("Time until a line is sent", latency),
            curve("Duration of a request to Loki", `${duration}_sum`, `${duration}_count`),
            curve("Bytes sent to Loki, by node", "loki_write_sent_bytes_total"),
            curve("Failed looks for pods in 15 minutes, by node", "prometheus_sd_kubernetes_failures_total"),
          ]
        : [],
    ],
    [
      "Buffers and credentials",
      [
        ...(metrics.enabled
          ? [curve("Remote write's log on the disk, by node", "prometheus_tsdb_wal_storage_size_bytes")]
          : []),
        ...(logs.enabled && wal.logs
          ? [
              curve(
                "How late the log WAL is sent, by node",
                ...["loki_write_wal_writer_last_written_timestamp", "loki_write_last_read_timestamp"],
              ),
            ]
          : []),
        ...(files
          ? [curve("When the credential's file was read, by node", "local_file_timestamp_last_accessed_unix_seconds")]
          : []),
        ...(vault
          ? [
              curve("Reads of the credential from Vault, by node", "remote_vault_secret_reads_total"),
              curve("Logins to Vault, by node", "remote_vault_auth_total"),
            ]
          : []),
      ],
    ],
    [
      "Node metrics: remote write",
      metrics.enabled
        ? [
            curve(
              ...(["Samples written and sent", "prometheus_remote_write_wal_samples_appended_total"] as const),
              `${queue}_samples_total`,
            ),
            curve(
              ...(["How late samples are, by node", `${queue}_queue_highest_timestamp_seconds`] as const),
              `${queue}_queue_highest_sent_timestamp_seconds`,
            ),
            curve("Share of samples refused, by node", `${queue}_samples_failed_total`, `${queue}_samples_total`),
            curve(
              ...(["Samples repeated, refused and waiting", `${queue}_samples_retried_total`] as const),
              ...[`${queue}_samples_failed_total`, `${queue}_samples_pending`],
            ),
            curve("Queues of remote write", `${queue}_shards`, `${queue}_shards_desired`, `${queue}_shards_max`),
            curve("Series of node metrics, by node", "prometheus_remote_write_wal_storage_active_series"),
          ]
        : [],
    ],
    [
      "Resources",
      [
        curve("Memory, by node", `${process}_resident_memory_bytes`),
        curve("CPU, by node", `${process}_cpu_seconds_total`),
        curve("Starts in an hour, by node", `${process}_start_time_seconds`),
        curve("Goroutines, by node", "go_goroutines"),
        curve("Components, by health", "alloy_component_controller_running_components"),
        curve("Series in Prometheus, by node", "scrape_samples_post_metric_relabeling"),
      ],
    ],
    [
      "The collectors' own log",
      readsOwnNamespace(settings) ? [curve("Warnings and errors, by node"), panel("logs")("Warnings and errors")] : [],
    ],
  ];
  return rows.flatMap(([title, panels]) => (panels.length === 0 ? [] : [row(title), ...panels]));
}
