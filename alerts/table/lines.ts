import { partOf } from "../facts";
import { perNode, perNodeAnd, withLogs, type Alert, type AlertFacts } from "../alert";
import { linesRead, ofStack, recorded } from "../recorded";
import { collectsOwnLines } from "../../settings/own-lines";

const requests = "loki_write_request_duration_seconds_count";

/** Until when lines survive an outage. */
const budget = ({ settings }: AlertFacts): string =>
  `Nothing for ${settings.wal.outageBudget} from the beginning of the outage on; after that the oldest lines.`;

/** Whether lines are read, and whether Loki takes them. */
export const lineAlerts = {
  AlloyLinesDropped: {
    isOn: withLogs,
    unit: "lines; the share of all lines if it is critical",
    summary: "The collector of {{ $labels.node }} has lost lines",
    lost: () => "These lines are gone. A dropped line is not sent again.",
    rules: (facts) => [
      {
        severity: "warning",
        expr: `sum ${perNodeAnd("reason")} (increase(${facts.own("loki_write_dropped_entries_total")}[${facts.range("15m")}])) > 0`,
      },
      {
        severity: "critical",
        expr: `${ofStack(facts, recorded.lostLong)} > ${facts.limits.lostRatio} and ${ofStack(facts, recorded.lost)} > ${facts.limits.lostRatio}`,
      },
    ],
  },
  AlloyCredentialRefused: {
    isOn: withLogs,
    unit: "requests a second",
    summary: "Loki refuses the credential of {{ $labels.node }} with {{ $labels.status_code }}",
    lost: () => "Every batch that is refused is lost at once, until the credential is right.",
    rules: ({ own, range }) => [
      {
        severity: "critical",
        expr: `sum ${perNodeAnd("status_code")} (rate(${own(requests, 'status_code=~"401|403"')}[${range("5m")}])) > 0`,
        for: "1m",
      },
    ],
  },
  AlloyLokiRefusesBatches: {
    isOn: withLogs,
    unit: "requests a second",
    summary: "Loki refuses batches of {{ $labels.node }} with {{ $labels.status_code }}",
    lost: () => "Every batch that is refused is lost at once, until the reason is gone.",
    rules: ({ own, range }) => [
      {
        severity: "warning",
        expr: `sum ${perNodeAnd("status_code")} (rate(${own(requests, 'status_code=~"4.."', 'status_code!~"401|403|429"')}[${range("5m")}])) > 0`,
        for: "5m",
      },
    ],
  },
  AlloyLokiErrors: {
    isOn: withLogs,
    unit: "share of the requests",
    summary: "{{ $value | humanizePercentage }} of the requests of {{ $labels.node }} to Loki fail",
    lost: budget,
    rules: ({ own, range, limits }) => [
      {
        severity: "warning",
        expr: `sum ${perNode} (rate(${own(requests, 'status_code!~"2.."')}[${range("5m")}])) / sum ${perNode} (rate(${own(requests)}[${range("5m")}])) > ${limits.errorRatio}`,
        for: "15m",
      },
    ],
  },
  AlloyLokiNotTaking: {
    isOn: withLogs,
    unit: "attempts in the range",
    summary: "Loki takes nothing of {{ $labels.node }}",
    lost: budget,
    rules: ({ own, range, limits }) => {
      const grown = (metric: string): string => `sum ${perNode} (increase(${own(metric)}[${range("5m")}]))`;
      const expr = `${grown("loki_write_batch_retries_total")} > 0 and ${grown("loki_write_sent_entries_total")} == 0`;
      return [
        { severity: "warning", expr, for: partOf(limits.budgetMs, 1 / 6) },
        { severity: "critical", expr, for: partOf(limits.budgetMs, 5 / 12) },
      ];
    },
  },
  AlloyLinesLate: {
    isOn: withLogs,
    unit: "seconds",
    summary: "Lines of {{ $labels.node }} reach Loki {{ $value | humanizeDuration }} late",
    lost: () => "Nothing: lines arrive late.",
    rules: ({ own, range, limits }) => [
      {
        severity: "warning",
        expr: `histogram_quantile(0.99, sum ${perNodeAnd("le")} (rate(${own("loki_write_entry_propagation_latency_seconds_bucket")}[${range("10m")}]))) > ${limits.lateSeconds}`,
        for: "15m",
      },
    ],
  },
  AlloyQueueFilling: {
    isOn: withLogs,
    unit: "lines",
    summary: "{{ $value | humanize }} lines wait in the collector of {{ $labels.node }}",
    lost: () => "Nothing while the collector runs. If it is killed now, the lines that wait are lost.",
    rules: (facts) => {
      const waiting = ofStack(facts, recorded.waiting);
      return [
        {
          severity: "warning",
          expr: `${waiting} > ${facts.limits.waitingLines} and delta(${waiting}[${facts.range("10m")}]) >= 0`,
          for: "10m",
        },
      ];
    },
  },
  AlloyNothingRead: {
    // A canary is refused by the settings if its own lines are not collected.
    isOn: (settings) => settings.canary.enabled || collectsOwnLines(settings),
    unit: "lines",
    summary: "The collector of {{ $labels.node }} runs and reads no line",
    lost: () => "What the kubelet rotates away meanwhile: it keeps the newest log file of each container.",
    rules: (facts) => {
      const [span, up] = [facts.settings.canary.enabled ? facts.range("10m") : "2h", facts.own("up")];
      return [
        {
          severity: "warning",
          expr: `sum ${perNode} (increase(${linesRead(facts)}[${span}])) == 0 and min ${perNode} (min_over_time(${up}[${span}])) == 1 and min ${perNode} (${up} offset ${span}) == 1`,
          for: "15m",
        },
      ];
    },
  },
  AlloyDiscoveryFailing: {
    isOn: withLogs,
    unit: "failed requests",
    summary: "The collector of {{ $labels.node }} cannot list pods",
    lost: () => "Lines of pods that are new: what the kubelet rotates away before they are found.",
    rules: ({ own, range, limits }) => [
      {
        severity: "warning",
        expr: `sum ${perNode} (increase(${own("prometheus_sd_kubernetes_failures_total")}[${range("15m")}])) > ${limits.discoveryFailures}`,
        for: "15m",
      },
    ],
  },
  AlloyLinesTooOld: {
    isOn: withLogs,
    unit: "lines a second",
    summary: "The collector of {{ $labels.node }} drops lines that Loki would refuse as too old",
    lost: ({ settings }) => `Lines that are older than ${settings.wal.lokiWindow}: Loki would refuse them, too.`,
    rules: ({ own, range }) => [
      {
        severity: "warning",
        expr: `sum ${perNode} (rate(${own("loki_process_dropped_lines_total", 'reason="older_than_loki_window"')}[${range("10m")}])) > 0`,
        for: "30m",
      },
    ],
  },
  AlloyLinesRateLimited: {
    isOn: ({ logs }) => logs.enabled && logs.rateLimits.length > 0,
    unit: "lines a second",
    summary: "A namespace on {{ $labels.node }} writes more than alloy:logs.rateLimits allows",
    lost: () => "What is above the limit, as the stack's settings say.",
    rules: ({ own, range }) => [
      {
        severity: "info",
        expr: `sum ${perNode} (rate(${own("loki_process_dropped_lines_total", 'reason="ratelimit_drop_stage"')}[${range("10m")}])) > 0`,
        for: "30m",
      },
    ],
  },
  AlloyLogWalBehind: {
    isOn: ({ logs, wal }) => logs.enabled && wal.logs,
    unit: "seconds",
    summary: "The log WAL of {{ $labels.node }} is sent {{ $value | humanizeDuration }} late",
    lost: ({ settings }) => `Lines that are older than ${settings.wal.outageBudget}: their segments are deleted.`,
    rules: ({ own, limits }) => [
      {
        severity: "critical",
        expr: `max ${perNode} (${own("loki_write_wal_writer_last_written_timestamp")}) - max ${perNode} (${own("loki_write_last_read_timestamp")}) > ${limits.logWalBehindSeconds}`,
        for: "5m",
      },
    ],
  },
  AlloyCanaryLinesMissing: {
    isOn: ({ canary }) => canary.enabled,
    unit: "lines",
    summary: "Loki does not have {{ $value | humanize }} lines of the canary on {{ $labels.node }}",
    lost: () => "These lines are gone, and those of other containers of that node probably, too.",
    rules: ({ canary, range }) => [
      {
        severity: "critical",
        expr: `sum ${perNode} (increase(${canary("loki_canary_missing_entries_total")}[${range("1h")}])) > 0`,
      },
    ],
  },
} satisfies Record<string, Alert>;
