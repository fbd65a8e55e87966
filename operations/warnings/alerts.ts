import { hasAlerts } from "../../settings/alerts";
import { commonLabels } from "../../settings/names";
import type { StackContext } from "../stack-context";
import {
  monitoredNamespace,
  prometheusesPath,
  unselectedReason,
  type PrometheusResource,
} from "./prometheus-selectors";

/**
 * The warning that no Prometheus of the cluster would evaluate the stack's alerts, or `undefined`. A rule that nobody
 * selects is worse than none: it looks as if somebody were told.
 */
export async function alertsWarning({ settings, cluster }: StackContext): Promise<string | undefined> {
  if (!hasAlerts(settings)) return undefined;
  const list = await cluster.list<PrometheusResource>(prometheusesPath).catch((error: Error) => error);
  if (list instanceof Error)
    return "warning: could not look whether a Prometheus reads the PrometheusRule (listing Prometheus resources was refused)";
  const reason = unselectedReason(list, {
    kind: "PrometheusRule",
    labels: { ...commonLabels(settings), ...settings.alerts.labels },
    ...monitoredNamespace(settings),
  });
  return reason === undefined
    ? undefined
    : `warning: no Prometheus will evaluate the alerts: ${reason}. Set alloy:alerts.labels to what it selects.`;
}
