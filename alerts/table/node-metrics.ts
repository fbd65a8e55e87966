import { perNode, withMetrics, type Alert } from "../alert";

const metricsOnly = "No line.";

/** Whether the nodes' metrics reach Prometheus. */
export const nodeMetricAlerts = {
  AlloyRemoteWriteBehind: {
    isOn: withMetrics,
    unit: "seconds",
    summary: "Node metrics of {{ $labels.node }} are {{ $value | humanizeDuration }} late",
    lost: ({ settings }) => `${metricsOnly} Samples that wait for longer than ${settings.wal.outageBudget}.`,
    rules: ({ own, limits }) => [
      {
        severity: "warning",
        expr: `max ${perNode} (${own("prometheus_remote_storage_queue_highest_timestamp_seconds")}) - max ${perNode} (${own("prometheus_remote_storage_queue_highest_sent_timestamp_seconds")}) > ${limits.behindSeconds}`,
        for: "15m",
      },
    ],
  },
  AlloyRemoteWriteFailing: {
    isOn: withMetrics,
    unit: "share of the samples",
    summary: "Prometheus refuses {{ $value | humanizePercentage }} of the samples of {{ $labels.node }}",
    lost: () => `${metricsOnly} The samples that are refused.`,
    rules: ({ own, range, limits }) => {
      const rate = (metric: string): string => `sum ${perNode} (rate(${own(metric)}[${range("5m")}]))`;
      const failed = rate("prometheus_remote_storage_samples_failed_total");
      return [
        {
          severity: "warning",
          expr: `${failed} / (${failed} + ${rate("prometheus_remote_storage_samples_total")}) > ${limits.failedSamplesRatio}`,
          for: "15m",
        },
      ];
    },
  },
  AlloyRemoteWriteStalled: {
    isOn: withMetrics,
    unit: "samples a second",
    summary: "The collector of {{ $labels.node }} writes samples to its log and sends none",
    lost: ({ settings }) => `${metricsOnly} Samples that wait for longer than ${settings.wal.outageBudget}.`,
    rules: ({ own, range }) => {
      const rate = (metric: string): string => `sum ${perNode} (rate(${own(metric)}[${range("10m")}]))`;
      return [
        {
          severity: "critical",
          expr: `${rate("prometheus_remote_write_wal_samples_appended_total")} > 0 and ${rate("prometheus_remote_storage_samples_total")} == 0`,
          for: "15m",
        },
      ];
    },
  },
  AlloyWalSpace: {
    isOn: withMetrics,
    unit: "bytes",
    summary: "The write-ahead logs on {{ $labels.node }} take {{ $value | humanize1024 }}B",
    lost: () => `${metricsOnly} If the disk is full, neither samples nor read positions can be written.`,
    rules: ({ own, limits }) => [
      {
        severity: "warning",
        expr: `sum ${perNode} (${own("prometheus_tsdb_wal_storage_size_bytes")}) > ${limits.walBytes}`,
        for: "15m",
      },
    ],
  },
  AlloyWalBroken: {
    isOn: withMetrics,
    unit: "failures",
    summary: "The log of remote write on {{ $labels.node }} cannot be written",
    lost: () => `${metricsOnly} Samples from now on, until the disk is mended.`,
    rules: ({ own, range }) => {
      const grown = (metric: string): string => `sum ${perNode} (increase(${own(metric)}[${range("15m")}]))`;
      return [
        {
          severity: "critical",
          expr: `${grown("prometheus_tsdb_wal_writes_failed_total")} > 0 or ${grown("prometheus_tsdb_wal_truncations_failed_total")} > 0`,
        },
      ];
    },
  },
} satisfies Record<string, Alert>;
