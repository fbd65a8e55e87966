import type { Settings } from "../../../../settings/schema";
import { kubernetesObject, type Expected } from "./expected";
import { metadataOf, selectorOf } from "./labels";

/**
 * The PodMonitor of one workload: its own pods in its own namespace, one endpoint, nothing dropped and nothing sent
 * along. Source: prometheus-operator, pkg/apis/monitoring/v1, PodMonitorSpec
 */
export function expectedMonitor(
  settings: Settings,
  workload: "alloy" | "alloy-canary",
  place: { name: string },
): Expected {
  const { selfMonitoring, namespace } = settings;
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
          relabelings: [{ action: "replace", sourceLabels: ["__meta_kubernetes_pod_node_name"], targetLabel: "node" }],
        },
      ],
    },
  });
}
