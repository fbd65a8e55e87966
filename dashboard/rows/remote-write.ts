import { perNode } from "../../alerts/alert";
import { nodeRateOf, perStack, rateOf } from "../facts";
import type { RowSpec } from "../panel";

const queue = "prometheus_remote_storage";

/** The nodes' own metrics on their way to Prometheus. */
export const remoteWrite: RowSpec = {
  title: "Node metrics: remote write",
  panels: (facts, { metrics }) => {
    if (!metrics.enabled) return [];
    const { own, limits } = facts;
    const max = (metric: string): string => `max ${perNode} (${own(metric)})`;
    const sum = (metric: string): string => `sum ${perStack} (${own(metric)})`;
    const [samples, failed] = [own(`${queue}_samples_total`), own(`${queue}_samples_failed_total`)];
    return [
      {
        kind: "timeseries",
        title: "Samples written and sent",
        description:
          "Samples that the collectors have written to their logs, and those that they have handed to Prometheus. Both should be one curve.",
        unit: "suffix: /s",
        queries: [
          { expr: rateOf(facts, own("prometheus_remote_write_wal_samples_appended_total")), legend: "written" },
          { expr: rateOf(facts, samples), legend: "sent" },
        ],
        alerts: ["AlloyRemoteWriteStalled"],
      },
      {
        kind: "timeseries",
        title: "How late samples are, by node",
        description: "From the newest sample that was read to the newest one that was sent.",
        unit: "s",
        queries: [
          {
            expr: `${max(`${queue}_queue_highest_timestamp_seconds`)} - ${max(`${queue}_queue_highest_sent_timestamp_seconds`)}`,
            legend: "{{node}}",
          },
        ],
        limits: [{ value: limits.behindSeconds, colour: "orange" }],
        alerts: ["AlloyRemoteWriteBehind"],
      },
      {
        kind: "timeseries",
        title: "Share of samples refused, by node",
        description: "Samples that Prometheus did not take, of all that were sent.",
        unit: "percentunit",
        queries: [
          {
            expr: `${nodeRateOf(facts, failed)} / (${nodeRateOf(facts, failed)} + ${nodeRateOf(facts, samples)})`,
            legend: "{{node}}",
          },
        ],
        limits: [{ value: limits.failedSamplesRatio, colour: "orange" }],
        alerts: ["AlloyRemoteWriteFailing"],
      },
      {
        kind: "timeseries",
        title: "Samples repeated, refused and waiting",
        description:
          "Samples that are sent again, and those that Prometheus refuses. Those that wait are counted, not per second.",
        unit: "short",
        queries: [
          { expr: rateOf(facts, own(`${queue}_samples_retried_total`)), legend: "repeated per second" },
          { expr: rateOf(facts, failed), legend: "refused per second" },
          { expr: sum(`${queue}_samples_pending`), legend: "waiting" },
        ],
        alerts: ["AlloyRemoteWriteFailing"],
      },
      {
        kind: "timeseries",
        title: "Queues of remote write",
        description: "Queues that send at once, those that would be needed, and those that are allowed.",
        unit: "short",
        queries: [
          { expr: sum(`${queue}_shards`), legend: "running" },
          { expr: sum(`${queue}_shards_desired`), legend: "needed" },
          { expr: sum(`${queue}_shards_max`), legend: "allowed" },
        ],
      },
      {
        kind: "timeseries",
        title: "Series of node metrics, by node",
        description: "Series that a collector sends to Prometheus.",
        unit: "short",
        queries: [{ expr: max("prometheus_remote_write_wal_storage_active_series"), legend: "{{node}}" }],
      },
    ];
  },
};
