import { formatDuration } from "../../kit/units";
import { always, perNode, perNodeAnd, type Alert } from "../alert";

const pauses = "Nothing yet: lines wait in the node's log files and are read when a collector is back";

/** Whether collectors run, and what they run. */
export const collectorAlerts = {
  AlloyAbsent: {
    isOn: always,
    unit: "1",
    summary: "No collector of {{ $labels.cluster }} is scraped",
    lost: () => `${pauses}. The kubelet keeps the newest log file of each container; what it rotates away is lost.`,
    rules: ({ own }) => [{ severity: "critical", expr: `absent(${own("up")})`, for: "15m", scope: "cluster" }],
  },
  AlloyCollectorDown: {
    isOn: always,
    unit: "collectors",
    summary: "The collector of {{ $labels.node }} does not answer",
    lost: () => `${pauses}. The kubelet keeps the newest log file of each container; what it rotates away is lost.`,
    rules: ({ own, limits }) => [
      { severity: "warning", expr: `max ${perNode} (${own("up")}) == 0`, for: "10m" },
      {
        severity: "critical",
        expr: `1 - avg by (cluster, namespace) (max ${perNode} (${own("up")})) > ${limits.downRatio}`,
        for: "15m",
        scope: "cluster",
        summary: "{{ $value | humanizePercentage }} of the collectors of {{ $labels.cluster }} do not answer",
      },
    ],
  },
  AlloyNodeWithoutCollector: {
    isOn: ({ alerts }) => alerts.kubeStateMetrics,
    unit: "nodes",
    summary: "{{ $value }} nodes have no collector that is ready",
    lost: () => `${pauses}. The kubelet keeps the newest log file of each container; what it rotates away is lost.`,
    rules: ({ settings, limits }) => {
      const of = (metric: string): string => `${metric}{namespace="${settings.namespace.name}",daemonset="alloy"}`;
      return [
        {
          severity: "warning",
          expr: `${of("kube_daemonset_status_desired_number_scheduled")} - ${of("kube_daemonset_status_number_ready")} > 0`,
          for: formatDuration(limits.rolloutMs + 15 * 60_000),
          scope: "cluster",
        },
      ];
    },
  },
  AlloyCollectorRestarting: {
    isOn: always,
    unit: "restarts in an hour",
    summary: "The collector of {{ $labels.node }} has started {{ $value | humanize }} times in an hour",
    lost: () => "With each kill what the collector held and had not sent: about 10 MiB of lines and two batches.",
    rules: ({ own, limits }) => [
      {
        severity: "warning",
        expr: `sum ${perNode} (changes(${own("alloy_resources_process_start_time_seconds")}[1h])) > ${limits.restartsPerHour}`,
      },
    ],
  },
  AlloyConfigNotLoaded: {
    isOn: always,
    unit: "1 if the configuration was taken",
    summary: "The collector of {{ $labels.node }} refuses its configuration",
    lost: () => "Nothing: it goes on with the configuration before. At its next start it would not come up.",
    rules: ({ own }) => [
      {
        severity: "critical",
        expr: `max ${perNode} (${own("alloy_config_last_load_successful")}) == 0`,
        for: "5m",
      },
    ],
  },
  AlloyConfigUnexpected: {
    isOn: always,
    unit: "1",
    summary: "The collector of {{ $labels.node }} runs another configuration than the stack's",
    lost: () => "Nothing by itself: what the other configuration leaves out is not collected.",
    rules: ({ own, configHash, limits }) => [
      {
        severity: "warning",
        expr: `max ${perNodeAnd("sha256")} (${own("alloy_config_hash", `sha256!="${configHash}"`)}) == 1`,
        for: formatDuration(limits.rolloutMs + 10 * 60_000),
      },
    ],
  },
  AlloyComponentUnhealthy: {
    isOn: always,
    unit: "components",
    summary: "{{ $value }} components of the collector of {{ $labels.node }} are not healthy",
    lost: () => "It depends on the component: a credential that cannot be read is used until it ends.",
    rules: ({ own }) => [
      {
        severity: "warning",
        expr: `sum ${perNode} (${own("alloy_component_controller_running_components", 'health_type!="healthy"')}) > 0`,
        for: "10m",
      },
    ],
  },
} satisfies Record<string, Alert>;
