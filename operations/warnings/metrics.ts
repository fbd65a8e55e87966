import type { Settings } from "../../settings/schema";
import type { StackContext } from "../stack-context";
import { prometheusesPath } from "./prometheus-selectors";

/** The part of the Prometheus Operator's Prometheus resource that decides whether it takes remote writes. */
export interface WritablePrometheus {
  metadata?: { name?: string; namespace?: string };
  spec?: { enableRemoteWriteReceiver?: boolean; enableFeatures?: string[] };
}

interface NamedObject {
  metadata?: { name?: string; namespace?: string; labels?: Record<string, string> };
}

/** What is in the cluster; a part that could not be listed is undefined, and nothing is said of it. */
export interface MetricsSurroundings {
  daemonSets: readonly NamedObject[] | undefined;
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
export async function metricsWarning({ settings, cluster }: StackContext): Promise<string[]> {
  if (!settings.metrics.enabled) return [];
  const [daemonSets, prometheuses] = await Promise.all([
    cluster.list("/apis/apps/v1/daemonsets").catch(() => undefined),
    cluster.list<WritablePrometheus>(prometheusesPath).catch(() => undefined),
  ]);
  return metricsWarnings(settings, { daemonSets, prometheuses });
}

const takesWrites = ({ spec }: WritablePrometheus): boolean =>
  spec?.enableRemoteWriteReceiver === true || spec?.enableFeatures?.includes("remote-write-receiver") === true;

const nameOf = ({ metadata }: NamedObject): string => `${metadata?.namespace ?? "default"}/${metadata?.name ?? ""}`;
