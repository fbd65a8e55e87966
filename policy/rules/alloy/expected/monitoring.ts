import type { Settings } from "../../../../settings/schema";
import { matching, type Shape } from "../../../shape";
import { metricsOfAlerts } from "./alerts";
import { kubernetesObject, type Expected } from "./expected";
import { metadataOf, selectorOf } from "./labels";

/**
 * The PodMonitor of one workload: its own pods in its own namespace, one endpoint, no metric dropped that an alert reads,
 * and nothing sent along. Source: prometheus-operator, pkg/apis/monitoring/v1, PodMonitorSpec
 */
export function expectedMonitor(
  settings: Settings,
  workload: "alloy" | "alloy-canary",
  place: { name: string },
): Expected {
  const { selfMonitoring, namespace, clusterName } = settings;
  const metadata = metadataOf(settings, workload, workload);
  return kubernetesObject("monitoring.coreos.com/v1", "PodMonitor", place, {
    metadata: { ...metadata, labels: { ...metadata.labels, ...selfMonitoring.labels } },
    spec: {
      jobLabel: "app.kubernetes.io/name",
      selector: { matchLabels: selectorOf(workload) },
      namespaceSelector: { matchNames: [namespace.name] },
      podMetricsEndpoints: [
        {
          port: "http-metrics",
          path: "/metrics",
          interval: selfMonitoring.scrapeInterval,
          relabelings: [
            { action: "replace", sourceLabels: ["__meta_kubernetes_pod_node_name"], targetLabel: "node" },
            { action: "replace", targetLabel: "cluster", replacement: clusterName },
          ],
          // A canary has few series: all of them are kept.
          ...(workload === "alloy" && { metricRelabelings: [keptMetrics(settings)] }),
        },
      ],
    },
  });
}

const most = 50;

/** Names with nothing between them but `|`: every metric of the alerts, and a bounded number of others of Alloy's. */
function keptMetrics(settings: Settings): Shape {
  const needed = metricsOfAlerts(settings);
  const regex = matching("a list of Alloy's metrics that holds those of the alerts", (value) => {
    const names = typeof value === "string" ? value.split("|") : [];
    const known = /^(alloy|go|local_file|loki|prometheus|remote_vault)_[a-z_0-9]+$/;
    return (
      new Set(names).size === names.length &&
      names.length <= most &&
      needed.every((name) => names.includes(name)) &&
      // One series for every value of a label that nobody bounds.
      names.every((name) => known.test(name) && name !== "loki_process_dropped_lines_by_label_total")
    );
  });
  return { action: "keep", sourceLabels: ["__name__"], regex };
}
