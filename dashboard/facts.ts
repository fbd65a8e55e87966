import { perNode, type AlertFacts } from "../alerts/alert";
import { factsOf, stackSelectors } from "../alerts/facts";
import { recordingRules, type recorded } from "../alerts/recorded";
import { hasAlerts } from "../settings/alerts";
import type { Settings } from "../settings/schema";

/** What the panels of one stack are made from: the facts of its alerts, narrowed to the nodes that somebody has chosen. */
export interface PanelFacts extends AlertFacts {
  /** A series that Prometheus records for the alerts, by node; its expression where there are no alerts. */
  recorded: (record: (typeof recorded)[keyof typeof recorded]) => string;
  /** The lines that the collectors write about themselves. */
  ownLines: string;
}

/** The nodes that are chosen on the dashboard; `All` is `.+`. */
const chosen = 'node=~"$node"';

/** What one stack's panels are made from. */
export function panelFacts(settings: Settings, pipelineText: string): PanelFacts {
  const facts = factsOf(settings, pipelineText);
  const narrowed: AlertFacts = {
    ...facts,
    own: (metric, ...matchers) => facts.own(metric, ...matchers, chosen),
    // Four scrapes at least, and as much as one pixel stands for.
    range: () => "$__rate_interval",
  };
  const place = [...stackSelectors(settings), chosen].join(",");
  return {
    ...narrowed,
    recorded: (record) =>
      hasAlerts(settings)
        ? `${record}{${place}}`
        : (recordingRules(narrowed).find((rule) => rule.record === record)?.expr ?? record),
    ownLines: `{${stackSelectors(settings).join(",")},app="alloy",${chosen}}`,
  };
}

/** The labels of what is summed over all nodes. */
export const perStack = "by (cluster, namespace)";

/** The same with one label more. */
export const perStackAnd = (label: string): string => `by (cluster, namespace, ${label})`;

/** How much of a counter a second, over all nodes. */
export const rateOf = ({ range }: PanelFacts, series: string, by: string = perStack): string =>
  `sum ${by} (rate(${series}[${range("5m")}]))`;

/** The same of each node. */
export const nodeRateOf = (facts: PanelFacts, series: string): string => rateOf(facts, series, perNode);
