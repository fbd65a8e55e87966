import { parseMetrics, type MetricSample } from "../../kit/metrics-text";
import { lastStep } from "../../alerts/recorded";

/** What one metrics page says, as far as the status reads it. Counters count since the process started. */
export interface Look {
  /** When it was taken, in milliseconds since 1970. */
  at: number;
  /** When the process started, in seconds since 1970. */
  startedAt: number;
  version: string;
  configHash: string;
  /** Undefined if the collector does not say. */
  configLoaded: boolean | undefined;
  unhealthy: number;
  read: number;
  /** Lines that were given to loki.write. */
  given: number;
  sent: number;
  dropped: number;
  retries: number;
  /** Requests to Loki by its answer; -1 where there was none. */
  answers: Readonly<Record<string, number>>;
  /** Lines that loki.process has left out, by reason. */
  leftOut: Readonly<Record<string, number>>;
  /** Cumulative counts of the lines' age when Loki took them, by upper bound in seconds. */
  lateness: readonly (readonly [bound: number, count: number])[];
  discoveryFailures: number;
  memoryBytes: number;
  walBytes: number;
  walFailures: number;
  samplesFailed: number;
  samplesSent: number;
  /** How far remote write is behind, in seconds; undefined if it has sent nothing yet. */
  behindSeconds: number | undefined;
  logWalBehindSeconds: number | undefined;
  /** How long ago the credential's file was read, in seconds; undefined if there is none. */
  credentialAgeSeconds: number | undefined;
  /** Series of this page that Prometheus keeps. */
  series: number;
}

/**
 * Reads a metrics page of Alloy. Pure.
 *
 * @param kept the metrics that the PodMonitor keeps
 */
export function lookAt(page: string, at: number, kept: ReadonlySet<string>): Look {
  const samples = parseMetrics(page);
  const of = (name: string): MetricSample[] => samples.filter((sample) => sample.name === name);
  const sum = (name: string, where: (labels: Record<string, string>) => boolean = () => true): number =>
    of(name).reduce((total, { labels, value }) => (where(labels) ? total + value : total), 0);
  const newest = (name: string): number => Math.max(0, ...of(name).map(({ value }) => value));
  const by = (name: string, label: string): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { labels, value } of of(name)) counts[labels[label] ?? ""] = (counts[labels[label] ?? ""] ?? 0) + value;
    return counts;
  };
  const behind = (ahead: string, after: string): number | undefined =>
    newest(after) === 0 ? undefined : Math.max(0, newest(ahead) - newest(after));
  const loaded = of("alloy_config_last_load_successful")[0]?.value;
  const accessed = of("local_file_timestamp_last_accessed_unix_seconds").map(({ value }) => value);
  return {
    at,
    startedAt: sum("alloy_resources_process_start_time_seconds"),
    version: of("alloy_build_info")[0]?.labels["version"] ?? "",
    configHash: of("alloy_config_hash").find(({ value }) => value === 1)?.labels["sha256"] ?? "",
    configLoaded: loaded === undefined ? undefined : loaded === 1,
    unhealthy: sum("alloy_component_controller_running_components", (labels) => labels["health_type"] !== "healthy"),
    read: sum("loki_relabel_entries_processed", (labels) => labels["component_id"] === lastStep),
    given: sum("loki_relabel_entries_written", (labels) => labels["component_id"] === lastStep),
    sent: sum("loki_write_sent_entries_total"),
    dropped: sum("loki_write_dropped_entries_total"),
    retries: sum("loki_write_batch_retries_total"),
    answers: by("loki_write_request_duration_seconds_count", "status_code"),
    leftOut: by("loki_process_dropped_lines_total", "reason"),
    lateness: Object.entries(by("loki_write_entry_propagation_latency_seconds_bucket", "le"))
      .map(([bound, count]) => [bound === "+Inf" ? Infinity : Number(bound), count] as const)
      .sort(([a], [b]) => a - b),
    discoveryFailures: sum("prometheus_sd_kubernetes_failures_total"),
    memoryBytes: newest("alloy_resources_process_resident_memory_bytes"),
    walBytes: sum("prometheus_tsdb_wal_storage_size_bytes"),
    walFailures: sum("prometheus_tsdb_wal_writes_failed_total") + sum("prometheus_tsdb_wal_truncations_failed_total"),
    samplesFailed: sum("prometheus_remote_storage_samples_failed_total"),
    samplesSent: sum("prometheus_remote_storage_samples_total"),
    behindSeconds: behind(
      "prometheus_remote_storage_queue_highest_timestamp_seconds",
      "prometheus_remote_storage_queue_highest_sent_timestamp_seconds",
    ),
    logWalBehindSeconds: behind("loki_write_wal_writer_last_written_timestamp", "loki_write_last_read_timestamp"),
    credentialAgeSeconds: accessed.length === 0 ? undefined : at / 1_000 - Math.min(...accessed),
    series: samples.filter(({ name }) => kept.has(name)).length,
  };
}

/** Lines that the collector holds; below zero after a log WAL was read again, which is none. */
export const heldIn = ({ given, sent, dropped }: Look): number => Math.max(0, given - sent - dropped);

/**
 * The age below which 99 of 100 lines were that Loki took between two looks, in seconds; undefined if it took none. It
 * is the upper bound of a histogram's bucket.
 */
export function latenessBetween(before: Look, after: Look): number | undefined {
  const earlier = new Map(before.lateness);
  const grown = after.lateness.map(([bound, count]) => [bound, count - (earlier.get(bound) ?? 0)] as const);
  const all = grown.at(-1)?.[1] ?? 0;
  return all <= 0 ? undefined : grown.find(([, count]) => count >= 0.99 * all)?.[0];
}
