import type { Mutation } from "../mutation";
import { fields } from "./fields";

const rule = "PrometheusRule/alloy";
const monitor = "PodMonitor/alloy";
/** Groups of production in their order: recorded, collectors, lines, node-metrics, means. */
const [recorded, collectors, lines, means] = [0, 1, 2, 4].map((at) => `spec.groups[${at}].rules`) as [
  string,
  string,
  string,
  string,
];

/** In one expression, the first is replaced by the second. */
const reworded = (field: string, from: string, to: string): Mutation => ({
  rule: "alloy-fields",
  base: "production",
  edits: [{ object: rule, field, replace: [from, to] }],
});

/** Whoever wants lines to be lost unseen would begin here. */
export const alertMutations: Mutation[] = [
  // A threshold that is never reached, a range that sees nothing, a result that is always empty.
  reworded(`${lines}[0].expr`, "> 0", "> 1e9"),
  reworded(`${lines}[0].expr`, "[15m]", "[1s]"),
  reworded(`${lines}[0].expr`, "> 0", "> 0 and vector(0) == 1"),
  reworded(`${lines}[1].expr`, "> 0.0144 and", "> 0.0144 unless"),
  reworded(`${lines}[2].expr`, "401|403", "402"),
  reworded(`${lines}[5].expr`, "== 0", "== -1"),
  reworded(`${means}[0].expr`, "max by", "min by"),
  reworded(`${means}[1].expr`, "rate(", "delta("),
  reworded(`${recorded}[3].expr`, " + ", " - "),
  // Somebody else's collectors, and everybody's.
  reworded(`${collectors}[0].expr`, 'job="alloy"', 'job="other"'),
  reworded(`${collectors}[1].expr`, 'cluster="detectviz-prod",', ""),
  reworded(`${collectors}[1].expr`, "up{", 'up{cluster="other",'),
  reworded(`${lines}[0].expr`, "cluster, namespace, node, reason", "reason"),
  // The hash of another pipeline.
  reworded(`${collectors}[6].expr`, 'sha256!="', 'sha256=~".*|'),
  // Prometheus runs the queries that a template holds, and people follow its links.
  reworded(`${lines}[0].annotations.summary`, "{{ $labels.node }}", '{{ query "up" }}'),
  reworded(`${lines}[0].annotations.description`, "What is lost", "See http://203.0.113.7/ and what is lost"),
  ...fields("alloy-fields", "production", rule, [
    [`${lines}[2].annotations.runbook_url`, "http://203.0.113.7/AlloyCredentialRefused.md"],
    [`${lines}[2].for`, "100d"],
    [`${lines}[2].labels.severity`, "info"],
    [`${lines}[2].labels.team`, "nobody"],
    [`${lines}[2]`],
    [lines],
    [`${lines}[2].keep_firing_for`, "10y"],
    ["spec.groups[2].interval", "30d"],
    ["spec.groups[2].limit", 1],
    ["metadata.labels.release", "other"],
  ]),
  {
    rule: "alloy-fields",
    base: "production",
    edits: [{ object: monitor, field: endpoint("relabelings[1].replacement"), set: "x" }],
  },
  // Without a metric its alerts are silent.
  ...["|loki_write_dropped_entries_total", "alloy_config_hash|"].map((name): Mutation => ({
    rule: "alloy-fields",
    base: "production",
    edits: [{ object: monitor, field: endpoint("metricRelabelings[0].regex"), replace: [name, ""] }],
  })),
  ...fields("alloy-fields", "production", monitor, [
    [endpoint("metricRelabelings[0].regex"), ".*"],
    [endpoint("metricRelabelings[0].action"), "drop"],
    [endpoint("metricRelabelings[1]"), { action: "drop", sourceLabels: ["node"], regex: "node-1" }],
  ]),
  { rule: "alloy-complete", base: "production", remove: [rule] },
];

function endpoint(field: string): string {
  return `spec.podMetricsEndpoints[0].${field}`;
}
