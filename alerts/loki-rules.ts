import type { Settings } from "../settings/schema";

/** One rule that Loki's ruler evaluates: an expression in LogQL, over the lines themselves. */
export interface LokiAlert {
  /** LogQL. */
  expr: (place: string) => string;
  for: string;
  severity: "critical" | "warning";
  summary: string;
  lost: string;
}

/**
 * What Prometheus cannot see: whether lines have arrived. A collector's own counters say what Loki acknowledged, and a Loki
 * that acknowledges and stores nothing looks well in them.
 */
export const lokiAlerts = {
  AlloyNoLinesInLoki: {
    expr: (place) => `absent_over_time(${place}[15m])`,
    for: "5m",
    severity: "critical",
    summary: "Loki has had no line of {{ $labels.cluster }} for 15 minutes",
    lost: "What the kubelet rotates away meanwhile, and what collectors hold if they end.",
  },
  AlloyLinesNotReadable: {
    expr: (place) =>
      `sum by (cluster, node) (count_over_time(${place} |= "level=error" |= "component_id=loki." [10m])) > 10`,
    for: "5m",
    severity: "warning",
    summary: "The collector of {{ $labels.node }} writes errors about its lines again and again",
    lost: "It depends on the error, which stands in the collector's log: lines that cannot be read or sent.",
  },
} satisfies Record<string, LokiAlert>;

/** The file's name in the folder of the tenant. */
export const lokiRulesFile = "alloy.yaml";

/**
 * The rules of one stack, as a file for Loki's ruler, which evaluates them with the tenant of the file's folder. Pure.
 * Source: https://grafana.com/docs/loki/latest/alert/
 */
export function lokiRulesText(settings: Settings): string {
  const { clusterName, namespace, alerts } = settings;
  const cluster = `{cluster="${clusterName}"}`;
  const own = `{cluster="${clusterName}",namespace="${namespace.name}",app="alloy"}`;
  const rule = (name: keyof typeof lokiAlerts, place: string): string => {
    const { expr, severity, summary, lost, for: after }: LokiAlert = lokiAlerts[name];
    return `      - alert: ${name}
        expr: ${JSON.stringify(expr(place))}
        for: ${after}
        labels:
          severity: ${severity}
        annotations:
          summary: ${JSON.stringify(summary)}
          description: ${JSON.stringify(`Cluster ${clusterName}: {{ $value }}. What is lost: ${lost}`)}
          runbook_url: ${JSON.stringify(`${alerts.runbooks}/${name}.md`)}
`;
  };
  return `groups:
  - name: alloy-${clusterName}
    rules:
${rule("AlloyNoLinesInLoki", cluster)}${rule("AlloyLinesNotReadable", own)}`;
}
