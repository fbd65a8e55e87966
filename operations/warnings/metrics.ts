import { AppsV1Api, CustomObjectsApi, type V1DaemonSet } from "@kubernetes/client-node";

import type { Settings } from "../../settings/schema";
import { kubeConfigFor } from "../cluster/kube-config";

/** The part of the Prometheus Operator's Prometheus resource that decides whether it takes remote writes. */
export interface WritablePrometheus {
  metadata?: { name?: string; namespace?: string };
  spec?: { enableRemoteWriteReceiver?: boolean; enableFeatures?: string[] };
}

/** What is in the cluster; a part that could not be listed is undefined, and nothing is said of it. */
export interface MetricsSurroundings {
  daemonSets: readonly Pick<V1DaemonSet, "metadata">[] | undefined;
  prometheuses: readonly WritablePrometheus[] | undefined;
}

// The names that the chart and the operator's own manifests give it.
const exporterNames = ["prometheus-node-exporter", "node-exporter"];

/**
 * What a preview warns of where node metrics are on: a node-exporter that runs as well under the same `job`, since its
 * rules have no other filter and would count every node double; and a Prometheus in the cluster that does not take
 * remote writes, although the URL is one in the cluster. Pure.
 */
export function metricsWarnings(
  { metrics, prometheusUrl }: Pick<Settings, "metrics" | "prometheusUrl">,
  { daemonSets, prometheuses }: MetricsSurroundings,
): string[] {
  if (!metrics.enabled) return [];
  const warnings: string[] = [];
  const exporters = (daemonSets ?? []).filter(({ metadata }) =>
    exporterNames.includes(metadata?.labels?.["app.kubernetes.io/name"] ?? metadata?.name ?? ""),
  );
  if (exporters.length > 0 && metrics.job === "node-exporter")
    warnings.push(
      `warning: a node-exporter runs as well (${exporters.map(nameOf).join(", ")}), and alloy:metrics.job is ` +
        "node-exporter: its recording rules would count each node double. Set another job, or take the exporter away.",
    );
  const host = new URL(prometheusUrl).hostname;
  const inCluster = !host.includes(".") || /\.svc(\.|$)/.test(host) || host.split(".").length === 2;
  const found = prometheuses ?? [];
  if (inCluster && found.length > 0 && !found.some(takesWrites))
    warnings.push(
      `warning: no Prometheus of the cluster takes remote writes (${found.map(nameOf).join(", ")}): node metrics would ` +
        "be refused with 404. Set enableRemoteWriteReceiver: true in its resource.",
    );
  return warnings;
}

/** Looks at the cluster and warns; what may not be listed is passed over, since these are only warnings. */
export async function metricsWarning(settings: Settings, env: Record<string, string> = {}): Promise<string[]> {
  if (!settings.metrics.enabled) return [];
  const config = kubeConfigFor(settings, env);
  const [daemonSets, prometheuses] = await Promise.all([
    config
      .makeApiClient(AppsV1Api)
      .listDaemonSetForAllNamespaces()
      .then(
        ({ items }) => items,
        () => undefined,
      ),
    config
      .makeApiClient(CustomObjectsApi)
      .listClusterCustomObject({ group: "monitoring.coreos.com", version: "v1", plural: "prometheuses" })
      .then(
        (list) => (list as { items: WritablePrometheus[] }).items,
        () => undefined,
      ),
  ]);
  return metricsWarnings(settings, { daemonSets, prometheuses });
}

const takesWrites = ({ spec }: WritablePrometheus): boolean =>
  spec?.enableRemoteWriteReceiver === true || spec?.enableFeatures?.includes("remote-write-receiver") === true;

const nameOf = ({ metadata }: { metadata?: { name?: string; namespace?: string } }): string =>
  `${metadata?.namespace ?? "default"}/${metadata?.name ?? ""}`;
