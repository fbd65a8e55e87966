import { perNode, perNodeAnd } from "../../alerts/alert";
import { recorded } from "../../alerts/recorded";
import { perStack, perStackAnd } from "../facts";
import { when, type Limit, type PanelQuery, type RowSpec } from "../panel";

const anyOf = (value: number): readonly Limit[] => [{ value, colour: "red" }];

/** How many collectors there are, whether they do their work, and which of them does not. */
export const fleet: RowSpec = {
  title: "Fleet",
  panels: (facts, settings) => {
    const { own, limits, configHash } = facts;
    const [up, hash] = [own("up"), own("alloy_config_hash")];
    const { logs } = settings;
    return [
      {
        kind: "stat",
        title: "Collectors up",
        description: "Collectors whose last scrape succeeded, of those that Prometheus knows.",
        unit: "short",
        queries: [
          { expr: `sum ${perStack} (max ${perNode} (${up}))`, legend: "answer" },
          { expr: `count ${perStack} (max ${perNode} (${up}))`, legend: "known" },
        ],
        alerts: ["AlloyAbsent", "AlloyCollectorDown", "AlloyNodeWithoutCollector"],
      },
      ...when(
        logs.enabled,
        {
          kind: "stat",
          title: "Lines sent",
          description: "Lines of all collectors that Loki has acknowledged.",
          unit: "suffix: lines/s",
          queries: [{ expr: `sum ${perStack} (${facts.recorded(recorded.sent)})`, legend: "sent" }],
        },
        {
          kind: "stat",
          title: "Lost in 24 hours",
          description: "Lines that collectors have given up. None of them is sent again.",
          unit: "short",
          queries: [
            { expr: `sum ${perStack} (increase(${own("loki_write_dropped_entries_total")}[24h]))`, legend: "lost" },
          ],
          limits: anyOf(1),
          alerts: ["AlloyLinesDropped"],
        },
      ),
      {
        kind: "stat",
        title: "Other config",
        description: "Collectors that report another configuration than the one that this stack has deployed.",
        unit: "short",
        queries: [
          {
            // The second half is a zero for the time in which no collector has another one.
            expr: `sum ${perStack} (${own("alloy_config_hash", `sha256!="${configHash}"`)}) or sum ${perStack} (${hash}) - sum ${perStack} (${hash})`,
            legend: "other",
          },
        ],
        limits: anyOf(1),
        alerts: ["AlloyConfigUnexpected", "AlloyConfigNotLoaded"],
      },
      {
        kind: "stat",
        title: "Versions",
        description: "Collectors by the version of Alloy that they run.",
        unit: "short",
        queries: [{ expr: `count ${perStackAnd("version")} (${own("alloy_build_info")})`, legend: "{{version}}" }],
      },
      {
        kind: "nodes",
        title: "Collectors by node",
        description: "One row for each node. A coloured cell is over the limit of its alert.",
        unit: "short",
        queries: nodeColumns(),
        width: 24,
        alerts: ["AlloyCollectorDown", "AlloyLinesDropped", "AlloyQueueFilling", "AlloyMemoryNearLimit"],
      },
    ];

    function nodeColumns(): PanelQuery[] {
      const latency = own("loki_write_entry_propagation_latency_seconds_bucket");
      const memory = own("alloy_resources_process_resident_memory_bytes");
      const rate = (series: string): string => `rate(${series}[${facts.range("5m")}])`;
      return [
        {
          expr: `max ${perNode} (${up})`,
          legend: "answers",
          limits: [
            { value: 0, colour: "red" },
            { value: 1, colour: "green" },
          ],
        },
        { expr: `max ${perNodeAnd("version")} (${own("alloy_build_info")})`, legend: "version" },
        ...(logs.enabled
          ? [
              { expr: facts.recorded(recorded.sent), legend: "lines sent", unit: "suffix: lines/s" } as const,
              {
                ...{ expr: facts.recorded(recorded.lost), legend: "share lost", unit: "percentunit" as const },
                limits: anyOf(limits.lostRatio),
              },
              { expr: facts.recorded(recorded.waiting), legend: "lines waiting", limits: anyOf(limits.waitingLines) },
              {
                ...{ legend: "99 % sent after", unit: "s" as const, limits: anyOf(limits.lateSeconds) },
                expr: `histogram_quantile(0.99, sum ${perNodeAnd("le")} (${rate(latency)}))`,
              },
            ]
          : []),
        { expr: `max ${perNode} (${memory})`, legend: "memory", unit: "bytes", limits: anyOf(limits.memoryBytes) },
        {
          ...{ legend: "CPU", unit: "suffix: cores", limits: anyOf(limits.cpuCores) },
          expr: `sum ${perNode} (${rate(own("alloy_resources_process_cpu_seconds_total"))})`,
        },
      ];
    }
  },
};
