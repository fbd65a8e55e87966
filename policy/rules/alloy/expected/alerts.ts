import type { Settings } from "../../../../settings/schema";
import { matching, type Matcher, type Shape } from "../../../shape";
import { alertRows, type AlertRow } from "./alert-rows";
import { component, kubernetesObject, type Expected } from "./expected";
import { metadataOf } from "./labels";
import { isPlainText, readPromql, type Said } from "./promql";

/**
 * The alerts that the settings ask for. Their texts are not written here a second time: each expression is taken apart,
 * and every word of it has to be one that this rule may have.
 *
 * @param configHash SHA-256 of the pipeline's text, which every collector should report
 */
export function expectedAlerts(settings: Settings, configHash: string): Expected[] {
  if (!settings.alerts.enabled || !settings.selfMonitoring.enabled) return [];
  const metadata = metadataOf(settings, "alloy");
  const rows = alertRows(settings);
  const names = [...new Set(rows.map(({ group }) => group))];
  const groups = names.map((name) => ({
    name,
    rules: rows.filter(({ group }) => group === name).map((row) => ruleOf(row, settings, configHash)),
  }));
  return [
    component("Alerts", "alloy-alerts"),
    kubernetesObject(
      "monitoring.coreos.com/v1",
      "PrometheusRule",
      { name: "alloy-alerts-prometheus-rule" },
      {
        metadata: { ...metadata, labels: { ...metadata.labels, ...settings.alerts.labels } },
        spec: { groups },
      },
    ),
  ];
}

function ruleOf(row: AlertRow, settings: Settings, configHash: string): Shape {
  const expr = expressionOf(row, settings, configHash);
  if (row.severity === undefined) return { record: row.name, expr };
  return {
    alert: row.name,
    expr,
    ...(row.for !== undefined && { for: row.for }),
    labels: { severity: row.severity },
    annotations: {
      summary: matching("a line that names a label or the value", (value) => isPlainText(value, /./)),
      description: matching("a text that says what is lost", (value) => isPlainText(value, /What is lost: \w/)),
      runbook_url: `${settings.alerts.runbooks}/${row.name}.md`,
    },
  };
}

/** A judge of one expression: it takes whatever says the row's words in the row's order, of this stack's series. */
function expressionOf(row: AlertRow, settings: Settings, configHash: string): Matcher {
  const picks = (row.picks ?? []).map((pick) => (pick === "HASH" ? `sha256!="${configHash}"` : pick));
  const wanted: Said = {
    reads: [...row.reads],
    calls: row.calls.split(" ").filter((call) => call !== ""),
    compares: row.compares,
    over: [...(row.over ?? [])],
    picks,
  };
  const stack = selectorOf(row, settings);
  return matching(`what the settings ask of ${row.name}`, (value) => {
    const said = typeof value === "string" ? readPromql(value, stack) : undefined;
    return said !== undefined && JSON.stringify(said) === JSON.stringify(wanted);
  });
}

/** The matchers without which a rule would judge other clusters or other workloads. */
function selectorOf({ of }: AlertRow, { clusterName, namespace }: Settings): string[] {
  const place = `namespace="${namespace.name}"`;
  if (of === "daemonset") return [place, 'daemonset="alloy"'];
  const nodes = [`cluster="${clusterName}"`, place];
  return of === "nodes" ? nodes : [...nodes, `job="${of === "canary" ? "alloy-canary" : "alloy"}"`];
}

/** The metrics that alerts read of the collectors themselves: Prometheus has to keep each of them. */
export function metricsOfAlerts(settings: Settings): string[] {
  // These three are made by Prometheus itself or by other workloads.
  const elsewhere = /^(up|scrape_samples_post_metric_relabeling|node:.*)$/;
  const own = alertRows(settings).filter(({ of }) => of === undefined);
  return [...new Set(own.flatMap(({ reads }) => reads))].filter((name) => !elsewhere.test(name));
}
