import { CustomObjectsApi } from "@kubernetes/client-node";

import { commonLabels, namespaceLabels } from "../../settings/names";
import type { Settings } from "../../settings/schema";
import { kubeConfigFor } from "../cluster/kube-config";
import { unselectedReason, type PrometheusResource } from "./prometheus-selectors";

/**
 * The warning that no Prometheus of the cluster would read the stack's PodMonitor, or `undefined`. The engine cannot
 * look: a program can read an object whose name it knows, but not list a kind.
 *
 * @param env where KUBECONFIG may differ from this process's own
 */
export async function monitorWarning(
  settings: Settings,
  env: Record<string, string> = {},
): Promise<string | undefined> {
  if (!settings.selfMonitoring.enabled) return undefined;
  const api = kubeConfigFor(settings, env).makeApiClient(CustomObjectsApi);
  const list: unknown = await api
    .listClusterCustomObject({ group: "monitoring.coreos.com", version: "v1", plural: "prometheuses" })
    .catch((error: unknown) => error);
  if (list instanceof Error)
    return "warning: could not look whether a Prometheus reads the PodMonitor (listing Prometheus resources was refused)";
  const reason = unselectedReason((list as { items: PrometheusResource[] }).items, {
    labels: { ...commonLabels(settings), ...settings.selfMonitoring.labels },
    namespace: settings.namespace.name,
    namespaceLabels: {
      "kubernetes.io/metadata.name": settings.namespace.name,
      ...(settings.namespace.managed ? namespaceLabels(settings) : {}),
    },
  });
  return reason === undefined
    ? undefined
    : `warning: no Prometheus will scrape the collectors: ${reason}. Set alloy:selfMonitoring.labels to what it selects.`;
}
