import { commonLabels } from "../../settings/names";
import type { StackContext } from "../stack-context";
import {
  monitoredNamespace,
  prometheusesPath,
  unselectedReason,
  type PrometheusResource,
} from "./prometheus-selectors";

/**
 * The warning that no Prometheus of the cluster would read the stack's PodMonitor, or `undefined`. The engine cannot
 * look: a program can read an object whose name it knows, but not list a kind.
 */
export async function monitorWarning({ settings, cluster }: StackContext): Promise<string | undefined> {
  if (!settings.selfMonitoring.enabled) return undefined;
  const list = await cluster.list<PrometheusResource>(prometheusesPath).catch((error: Error) => error);
  if (list instanceof Error)
    return "warning: could not look whether a Prometheus reads the PodMonitor (listing Prometheus resources was refused)";
  const reason = unselectedReason(list, {
    kind: "PodMonitor",
    labels: { ...commonLabels(settings), ...settings.selfMonitoring.labels },
    ...monitoredNamespace(settings),
  });
  return reason === undefined
    ? undefined
    : `warning: no Prometheus will scrape the collectors: ${reason}. Set alloy:selfMonitoring.labels to what it selects.`;
}
