import { parseMetrics, sumOf, type MetricSample } from "../../kit/metrics-text";
import type { Backend } from "../../settings/credentials";
import type { Collector } from "../collectors/find";

/** What a collector says of its deliveries to one backend, since it started. */
export interface Deliveries {
  /** Grows whenever the backend has taken something. */
  succeeded: number;
  /** Grows while it does not. */
  retried: number;
  /** What was given up. */
  lost: number;
}

/** Reads a collector's counters. */
export async function readDeliveries(collector: Collector, backend: Backend): Promise<Deliveries> {
  return deliveriesIn(parseMetrics(await collector.get("/metrics")), backend);
}

/** The counters of one backend among a collector's metrics. */
export function deliveriesIn(samples: readonly MetricSample[], backend: Backend): Deliveries {
  if (backend === "loki") {
    const taken = samples.filter(({ labels }) => /^2/.test(labels["status_code"] ?? ""));
    return {
      succeeded: sumOf(taken, "loki_write_request_duration_seconds_count"),
      retried: sumOf(samples, "loki_write_batch_retries_total"),
      lost: sumOf(samples, "loki_write_dropped_entries_total"),
    };
  }
  return {
    // The time of the newest sample that was taken.
    succeeded: sumOf(samples, "prometheus_remote_storage_queue_highest_sent_timestamp_seconds"),
    retried: sumOf(samples, "prometheus_remote_storage_samples_retried_total"),
    lost: sumOf(samples, "prometheus_remote_storage_samples_failed_total"),
  };
}

const component: Record<Backend, string> = {
  loki: "loki.write.default",
  prometheus: "prometheus.remote_write.default",
};

/** The users that a collector's component is set up with, as Alloy's own UI is told; passwords it does not tell. */
export async function usersOf(collector: Collector, backend: Backend): Promise<string[]> {
  return namedValues(JSON.parse(await collector.get(`/api/v0/web/components/${component[backend]}`)), "username");
}

/** The texts of every attribute of that name, in what Alloy's UI is told of a component. */
export function namedValues(value: unknown, name: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => namedValues(item, name));
  if (typeof value !== "object" || value === null) return [];
  const { name: own, value: inner } = value as { name?: unknown; value?: { value?: unknown } };
  if (own === name && typeof inner?.value === "string") return [inner.value];
  return Object.values(value).flatMap((item) => namedValues(item, name));
}
