import { podMonitorSelects } from "../../../policy/rules/alloy/pod-monitor";
import { happyDaemonSet, happyPodMonitor } from "../happy";
import type { RuleSpec } from "../spec";

const place = { namespace: "monitoring", daemonSet: "alloy" };

/** A PodMonitor's list of what is kept. */
const kept = (regex: string) => ({ action: "keep", sourceLabels: ["__name__"], regex });

export const podMonitorSpecs: RuleSpec[] = [
  {
    rule: podMonitorSelects(place, undefined, ["loki_write_sent_entries_total"]),
    happy: () => [happyPodMonitor(), happyDaemonSet()],
    failures: [
      { field: 'spec.selector.matchLabels["app.kubernetes.io/name"]', set: "other", says: "spec.selector" },
      { field: "spec.selector.matchExpressions", set: [{ key: "a", operator: "Exists" }], says: "spec.selector" },
      { field: "metadata.namespace", set: "other", says: "spec.selector" },
      { field: "spec.namespaceSelector", set: { matchNames: ["other"] }, says: "spec.selector" },
      { field: "spec.podMetricsEndpoints[0].port", set: "http", says: "spec.podMetricsEndpoints" },
      { field: "spec.podMetricsEndpoints" },
      { field: "spec.namespaceSelector", set: { any: true }, says: "spec.namespaceSelector.any" },
      {
        field: "spec.namespaceSelector",
        set: { matchNames: ["monitoring", "other"] },
        says: "spec.namespaceSelector.matchNames",
      },
      { field: "spec.selector", set: {}, says: "spec.selector takes in every pod" },
      {
        field: "spec.podMetricsEndpoints[0].metricRelabelings",
        set: [{ action: "drop" }],
        says: "spec.podMetricsEndpoints[0].metricRelabelings[0]",
      },
      ...[
        kept("loki_write_dropped_entries_total"),
        { ...kept("loki_write_sent_entries_total"), action: "drop" },
        { ...kept("loki_write_sent_entries_total"), sourceLabels: ["namespace"] },
      ].map((step) => ({
        field: "spec.podMetricsEndpoints[0].metricRelabelings",
        set: [step],
        says: "spec.podMetricsEndpoints[0].metricRelabelings[0] leaves samples out",
      })),
      {
        field: "spec.podMetricsEndpoints[0].relabelings",
        set: [kept("loki_write_sent_entries_total")],
        says: "spec.podMetricsEndpoints[0].relabelings[0] leaves samples out",
      },
    ],
    passes: [
      {
        field: "spec.podMetricsEndpoints[0].metricRelabelings",
        set: [kept("loki_write_dropped_entries_total|loki_write_sent_entries_total")],
      },
      { field: "spec.podMetricsEndpoints[0].relabelings", set: [{ action: "replace", targetLabel: "node" }] },
      {
        field: "spec.selector",
        set: { matchExpressions: [{ key: "app.kubernetes.io/name", operator: "In", values: ["alloy"] }] },
      },
    ],
    unknown: ["spec.selector", "spec.podMetricsEndpoints", "metadata.namespace"],
  },
];
