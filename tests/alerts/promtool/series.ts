/** One series of a rule test: its value in each minute; undefined while it is not scraped. */
export interface Series {
  metric: string;
  /** Labels beside those that every series of its job has, as in PromQL: `reason="a"`. */
  labels?: string;
  value: (minute: number) => number | undefined;
  /** Whose it is: a collector's on each node, the canary's on each node, or one of the cluster's own. */
  of?: "collector" | "canary" | "cluster";
}

/** The fault begins and ends; before and after it all is well. In minutes. */
export const fault = { from: 200, to: 380, end: 640 } as const;

export const isFaulty = (minute: number): boolean => minute >= fault.from && minute < fault.to;

/** A gauge with another value during the fault. */
export const gauge =
  (usual: number, faulty: number | undefined = usual) =>
  (minute: number) =>
    isFaulty(minute) ? faulty : usual;

/** A counter that grows by so much a minute, and by another amount during the fault. */
export const counter =
  (usual: number, faulty: number = usual) =>
  (minute: number) => {
    const faultyMinutes = Math.max(0, Math.min(minute, fault.to) - fault.from);
    return usual * (minute - faultyMinutes) + faulty * faultyMinutes;
  };

/** A counter whose series appears with its first value, as those do that have a label for the event. */
export const appearing = (faulty: number) => (minute: number) =>
  minute < fault.from ? undefined : counter(0, faulty)(minute) + 1;

const now = (minute: number): number => minute * 60;
/** A time that stands still during the fault. */
export const stoppedClock = (minute: number): number | undefined => (isFaulty(minute) ? fault.from * 60 : now(minute));

const requests = "loki_write_request_duration_seconds_count";
const latency = "loki_write_entry_propagation_latency_seconds_bucket";

/** What a healthy stack looks like: a collector that reads ten lines a second, and sends them. */
export const healthySeries = (configHash: string): Series[] => [
  { metric: "up", value: gauge(1) },
  { metric: "scrape_samples_post_metric_relabeling", value: gauge(70) },
  { metric: "alloy_config_last_load_successful", value: gauge(1) },
  { metric: "alloy_config_hash", labels: `sha256="${configHash}"`, value: gauge(1) },
  { metric: "alloy_component_controller_running_components", labels: 'health_type="healthy"', value: gauge(20) },
  { metric: "alloy_resources_process_start_time_seconds", value: gauge(1_000) },
  { metric: "alloy_resources_process_resident_memory_bytes", value: gauge(100_000_000) },
  { metric: "alloy_resources_process_cpu_seconds_total", value: counter(3) },
  {
    metric: "loki_relabel_entries_processed",
    labels: 'component_id="loki.relabel.drop_high_cardinality"',
    value: counter(600),
  },
  {
    metric: "loki_relabel_entries_written",
    labels: 'component_id="loki.relabel.drop_high_cardinality"',
    value: counter(600),
  },
  { metric: "loki_write_sent_entries_total", value: counter(600) },
  { metric: "loki_write_dropped_entries_total", labels: 'reason="ingester_error"', value: counter(0) },
  { metric: "loki_write_batch_retries_total", value: counter(0) },
  { metric: requests, labels: 'status_code="204"', value: counter(60) },
  { metric: latency, labels: 'le="1"', value: counter(600) },
  { metric: latency, labels: 'le="600"', value: counter(600) },
  { metric: latency, labels: 'le="+Inf"', value: counter(600) },
  { metric: "prometheus_sd_kubernetes_failures_total", value: counter(0) },
  { metric: "loki_write_wal_writer_last_written_timestamp", value: now },
  { metric: "loki_write_last_read_timestamp", value: now },
  { metric: "prometheus_remote_storage_queue_highest_timestamp_seconds", value: now },
  { metric: "prometheus_remote_storage_queue_highest_sent_timestamp_seconds", value: now },
  { metric: "prometheus_remote_storage_samples_total", value: counter(500) },
  { metric: "prometheus_remote_storage_samples_failed_total", value: counter(0) },
  { metric: "prometheus_remote_write_wal_samples_appended_total", value: counter(500) },
  { metric: "prometheus_tsdb_wal_storage_size_bytes", value: gauge(100_000_000) },
  { metric: "prometheus_tsdb_wal_writes_failed_total", value: counter(0) },
  { metric: "prometheus_tsdb_wal_truncations_failed_total", value: counter(0) },
  { metric: "local_file_timestamp_last_accessed_unix_seconds", value: now },
  { metric: "remote_vault_secret_reads_total", value: counter(1) },
  { metric: "loki_canary_missing_entries_total", of: "canary", value: counter(0) },
  { metric: "kube_daemonset_status_desired_number_scheduled", of: "cluster", value: gauge(2) },
  { metric: "kube_daemonset_status_number_ready", of: "cluster", value: gauge(2) },
];

/** The series of a test file; what is faulty is so on node-1 alone, unless it is on every node. */
export function inputSeries(
  healthy: readonly Series[],
  faulty: readonly Series[],
  everywhere: boolean,
  [cluster, namespace]: readonly [string, string],
): { series: string; values: string }[] {
  const key = ({ metric, labels = "" }: Series): string => `${metric}{${labels}}`;
  const changed = new Map(faulty.map((one) => [key(one), one]));
  const merged = [...healthy.filter((one) => !changed.has(key(one))), ...faulty];
  return ["node-1", "node-2"].flatMap((node, at) =>
    (at === 0 || everywhere ? merged : healthy)
      .filter(({ of }) => at === 0 || of !== "cluster")
      .map((one) => {
        const place =
          one.of === "cluster"
            ? [`namespace="${namespace}"`, 'daemonset="alloy"']
            : [
                ...[`cluster="${cluster}"`, `namespace="${namespace}"`, `node="${node}"`],
                `job="${one.of === "canary" ? "alloy-canary" : "alloy"}"`,
              ];
        const values = Array.from({ length: fault.end + 1 }, (_, minute) => String(one.value(minute) ?? "_"));
        const labels = [...place, ...(one.labels === undefined ? [] : [one.labels])].join(",");
        return { series: `${one.metric}{${labels}}`, values: values.join(" ") };
      }),
  );
}
