import { perNode } from "../../alerts/alert";
import { parseQuantity } from "../../kit/units";
import { nodeRateOf, perStackAnd } from "../facts";
import type { RowSpec } from "../panel";

/** What the collectors use, against what they may use. */
export const resources: RowSpec = {
  title: "Resources",
  panels: (facts, settings) => {
    const { own, limits } = facts;
    const { cpu, memory } = settings.resources.limits;
    const max = (metric: string): string => `max ${perNode} (${own(metric)})`;
    return [
      {
        kind: "timeseries",
        title: "Memory, by node",
        description: `Resident memory. The upper line is the limit (${memory}), at which a collector is killed.`,
        unit: "bytes",
        queries: [{ expr: max("alloy_resources_process_resident_memory_bytes"), legend: "{{node}}" }],
        limits: [
          { value: limits.memoryBytes, colour: "orange" },
          { value: parseQuantity(memory) ?? 0, colour: "red" },
        ],
        upTo: parseQuantity(memory) ?? 0,
        alerts: ["AlloyMemoryNearLimit"],
      },
      {
        kind: "timeseries",
        title: "CPU, by node",
        description: `Processor time. The upper line is the limit (${cpu}), at which a collector is slowed down.`,
        unit: "suffix: cores",
        queries: [{ expr: nodeRateOf(facts, own("alloy_resources_process_cpu_seconds_total")), legend: "{{node}}" }],
        limits: [
          { value: limits.cpuCores, colour: "orange" },
          { value: parseQuantity(cpu) ?? 0, colour: "red" },
        ],
        upTo: parseQuantity(cpu) ?? 0,
        alerts: ["AlloyCpuAtLimit"],
      },
      {
        kind: "timeseries",
        title: "Starts in an hour, by node",
        description: "How often a collector has started again. A kill loses what it held.",
        unit: "short",
        queries: [
          {
            expr: `sum ${perNode} (changes(${own("alloy_resources_process_start_time_seconds")}[1h]))`,
            legend: "{{node}}",
          },
        ],
        limits: [{ value: limits.restartsPerHour, colour: "orange" }],
        alerts: ["AlloyCollectorRestarting"],
      },
      {
        kind: "timeseries",
        title: "Goroutines, by node",
        description: "Parallel work in a collector. A curve that only rises is a leak.",
        unit: "short",
        queries: [{ expr: max("go_goroutines"), legend: "{{node}}" }],
      },
      {
        kind: "timeseries",
        title: "Components, by health",
        description: "Parts of the pipeline in all collectors. Anything but healthy is a fault.",
        unit: "short",
        queries: [
          {
            expr: `sum ${perStackAnd("health_type")} (${own("alloy_component_controller_running_components")})`,
            legend: "{{health_type}}",
          },
        ],
        alerts: ["AlloyComponentUnhealthy"],
      },
      {
        kind: "timeseries",
        title: "Series in Prometheus, by node",
        description: "What the collectors' own metrics cost Prometheus.",
        unit: "short",
        queries: [{ expr: max("scrape_samples_post_metric_relabeling"), legend: "{{node}}" }],
        limits: [{ value: limits.series, colour: "orange" }],
        alerts: ["AlloySeriesOverBudget"],
      },
    ];
  },
};
