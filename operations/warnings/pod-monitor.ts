import { commonLabels } from "../../settings/names";
import { KubeError, type KubernetesClient } from "../cluster/kubernetes-client";
import type { StackContext } from "../stack-context";
import {
  asPrometheus,
  monitoredNamespace,
  prometheusAgentsPath,
  prometheusesPath,
  unselectedReason,
  vmAgentsPath,
  type PrometheusResource,
  type VmAgentResource,
} from "./prometheus-selectors";

/**
 * The warning that nobody of the cluster would read the stack's PodMonitor, or `undefined`. The engine cannot look: a
 * program can read an object whose name it knows, but not list a kind. An Alloy or an OpenTelemetry target allocator may
 * read PodMonitors, too: which ones is in their own configuration, so that the warning names them.
 */
export async function monitorWarning({ settings, cluster }: StackContext): Promise<string | undefined> {
  if (!settings.selfMonitoring.enabled) return undefined;
  const list = await readers(cluster).catch((error: Error) => error);
  if (list instanceof Error)
    return "warning: could not look whether a Prometheus reads the PodMonitor (listing Prometheus resources was refused)";
  const reason = unselectedReason(list, {
    kind: "PodMonitor",
    labels: { ...commonLabels(settings), ...settings.selfMonitoring.labels },
    ...monitoredNamespace(settings),
  });
  return reason === undefined
    ? undefined
    : `warning: no Prometheus will scrape the collectors: ${reason}. Set alloy:selfMonitoring.labels to what it selects. If another program reads PodMonitors here (an Alloy with prometheus.operator.podmonitors, an OpenTelemetry target allocator), look there.`;
}

/** Everything of which the cluster says what it reads. */
async function readers(cluster: KubernetesClient): Promise<PrometheusResource[]> {
  const [prometheuses, agents, vmAgents] = await Promise.all([
    listOf<PrometheusResource>(cluster, prometheusesPath),
    listOf<PrometheusResource>(cluster, prometheusAgentsPath),
    listOf<VmAgentResource>(cluster, vmAgentsPath),
  ]);
  return [...prometheuses, ...agents, ...vmAgents.map(asPrometheus)];
}

/** A kind that the cluster does not have has no objects. */
async function listOf<T>(cluster: KubernetesClient, path: string): Promise<T[]> {
  try {
    return await cluster.list<T>(path);
  } catch (error) {
    if (error instanceof KubeError && error.code === 404) return [];
    throw error;
  }
}
