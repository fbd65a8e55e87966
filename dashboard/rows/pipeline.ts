import { perNode } from "../../alerts/alert";
import { linesRead, recorded } from "../../alerts/recorded";
import { nodeRateOf, perStackAnd, rateOf } from "../facts";
import type { RowSpec } from "../panel";

const requests = "loki_write_request_duration_seconds";

/** From the lines that are read to the answers of Loki. */
export const pipeline: RowSpec = {
  title: "Pipeline",
  panels: (facts, { logs }) => {
    if (!logs.enabled) return [];
    const { own, limits, range } = facts;
    const latency = `sum ${perStackAnd("le")} (rate(${own("loki_write_entry_propagation_latency_seconds_bucket")}[${range("5m")}]))`;
    const [sent, dropped] = [own("loki_write_sent_entries_total"), own("loki_write_dropped_entries_total")];
    const byReason = perStackAnd("reason");
    const read = rateOf(facts, linesRead(facts));
    return [
      {
        kind: "timeseries",
        title: "Lines read, sent and lost",
        description:
          "Lines of all chosen nodes: those that the pipeline has let through, those that Loki has taken, and those that were given up. The first two should be one curve.",
        unit: "suffix: lines/s",
        queries: [
          { expr: read, legend: "read" },
          { expr: rateOf(facts, sent), legend: "sent" },
          { expr: rateOf(facts, dropped), legend: "lost" },
        ],
        alerts: ["AlloyNothingRead"],
      },
      {
        kind: "timeseries",
        title: "Lines sent, by node",
        description: "Lines that Loki has taken of each node.",
        unit: "suffix: lines/s",
        queries: [{ expr: facts.recorded(recorded.sent), legend: "{{node}}" }],
      },
      {
        kind: "timeseries",
        title: "Share of lines lost, by node",
        description: "Lines that were given up, of all that were sent or given up. None of them is sent again.",
        unit: "percentunit",
        queries: [{ expr: facts.recorded(recorded.lost), legend: "{{node}}" }],
        limits: [{ value: limits.lostRatio, colour: "red" }],
        alerts: ["AlloyLinesDropped"],
      },
      {
        kind: "timeseries",
        title: "Lines lost, by reason",
        description:
          "Why lines were given up: Loki refused them, or could not be reached until the outage budget was over.",
        unit: "suffix: lines/s",
        queries: [{ expr: rateOf(facts, dropped, byReason), legend: "{{reason}}" }],
        alerts: ["AlloyLinesDropped"],
      },
      {
        kind: "timeseries",
        title: "Lines left out on purpose, by reason",
        description:
          "Lines that the pipeline does not send: older than Loki takes, or above a limit of the settings. Empty until there is one.",
        unit: "suffix: lines/s",
        queries: [{ expr: rateOf(facts, own("loki_process_dropped_lines_total"), byReason), legend: "{{reason}}" }],
        alerts: ["AlloyLinesTooOld", "AlloyLinesRateLimited"],
        ifNone: "none",
      },
      {
        kind: "timeseries",
        title: "Lines waiting, by node",
        description:
          "Lines that a collector holds and Loki has not taken yet. Held lines are lost if the collector ends.",
        unit: "short",
        queries: [{ expr: facts.recorded(recorded.waiting), legend: "{{node}}" }],
        limits: [{ value: limits.waitingLines, colour: "orange" }],
        alerts: ["AlloyQueueFilling"],
      },
      {
        kind: "timeseries",
        title: "Requests to Loki, by answer",
        description:
          "2xx is taken. 429, 5xx and -1 (no answer) are tried again. Every other answer loses the batch at once.",
        unit: "suffix: /s",
        queries: [
          { expr: rateOf(facts, own(`${requests}_count`), perStackAnd("status_code")), legend: "{{status_code}}" },
        ],
        alerts: ["AlloyCredentialRefused", "AlloyLokiRefusesBatches", "AlloyLokiErrors"],
      },
      {
        kind: "timeseries",
        title: "Share of requests that fail, by node",
        description: "Requests that Loki did not answer with 2xx.",
        unit: "percentunit",
        queries: [
          {
            // One less the share that succeeds: there is no series for an answer that was never given.
            expr: `1 - ${nodeRateOf(facts, own(`${requests}_count`, 'status_code=~"2.."'))} / ${nodeRateOf(facts, own(`${requests}_count`))}`,
            legend: "{{node}}",
          },
        ],
        limits: [{ value: limits.errorRatio, colour: "orange" }],
        alerts: ["AlloyLokiErrors"],
      },
      {
        kind: "timeseries",
        title: "Attempts that were repeated, by node",
        description: "Batches that are sent again, because Loki did not take them. It should be zero.",
        unit: "suffix: /s",
        queries: [{ expr: nodeRateOf(facts, own("loki_write_batch_retries_total")), legend: "{{node}}" }],
        alerts: ["AlloyLokiNotTaking"],
      },
      {
        kind: "timeseries",
        title: "Time until a line is sent",
        description:
          "From the reading of a line to the end of its batch, whether it was sent or lost. Silent in an outage.",
        unit: "s",
        queries: [
          { expr: `histogram_quantile(0.5, ${latency})`, legend: "half of the lines" },
          { expr: `histogram_quantile(0.99, ${latency})`, legend: "99 % of the lines" },
        ],
        limits: [{ value: limits.lateSeconds, colour: "orange" }],
        alerts: ["AlloyLinesLate"],
      },
      {
        kind: "timeseries",
        title: "Duration of a request to Loki",
        description: "How long Loki takes for an answer, on average over all requests.",
        unit: "s",
        queries: [
          {
            expr: `${rateOf(facts, own(`${requests}_sum`))} / ${rateOf(facts, own(`${requests}_count`))}`,
            legend: "mean",
          },
        ],
      },
      {
        kind: "timeseries",
        title: "Bytes sent to Loki, by node",
        description: "What the lines take on the network, compressed.",
        unit: "Bps",
        queries: [{ expr: nodeRateOf(facts, own("loki_write_sent_bytes_total")), legend: "{{node}}" }],
      },
      {
        kind: "timeseries",
        title: "Failed looks for pods in 15 minutes, by node",
        description: "Requests to the API server that failed. Until one succeeds, the lines of new pods are not read.",
        unit: "short",
        queries: [
          {
            expr: `sum ${perNode} (increase(${own("prometheus_sd_kubernetes_failures_total")}[15m]))`,
            legend: "{{node}}",
          },
        ],
        limits: [{ value: limits.discoveryFailures, colour: "orange" }],
        alerts: ["AlloyDiscoveryFailing"],
      },
    ];
  },
};
