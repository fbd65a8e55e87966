import type { Settings } from "../settings/schema";
import type { AlertFacts, AlertRule } from "./alert";
import { factsOf } from "./facts";
import { recordingRules, type RecordingRule } from "./recorded";
import { alerts, subjectNames, type NamedAlert } from "./table";

/** One alert as Prometheus has it. Source: prometheus-operator, api/v1 Rule */
export interface AlertingRule {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook_url: string };
}

/** The fields of a PrometheusRule that are used here. Source: prometheus-operator, api/v1 PrometheusRuleSpec */
export interface PrometheusRuleSpec {
  groups: { name: string; rules: (RecordingRule | AlertingRule)[] }[];
}

/**
 * Every rule of one stack, computed from its settings. Pure.
 *
 * @param pipelineText the text of config.alloy, whose hash every collector has to report
 */
export function prometheusRuleSpec(settings: Settings, pipelineText: string): PrometheusRuleSpec {
  const facts = factsOf(settings, pipelineText);
  const groups = subjectNames.map((subject) => ({
    name: `alloy-${subject}`,
    rules: alerts
      .filter((alert) => alert.subject === subject && alert.isOn(settings))
      .flatMap((alert) => alert.rules(facts).map((rule) => alertingRule(alert, rule, facts))),
  }));
  // The recorded series come first: alerts read them.
  return {
    groups: [{ name: "alloy-recorded", rules: recordingRules(facts) }, ...groups].filter(
      ({ rules }) => rules.length > 0,
    ),
  };
}

function alertingRule(alert: NamedAlert, rule: AlertRule, facts: AlertFacts): AlertingRule {
  const place = rule.scope === "cluster" ? "" : ", node {{ $labels.node }}";
  return {
    alert: alert.name,
    expr: rule.expr,
    ...(rule.for !== undefined && { for: rule.for }),
    labels: { severity: rule.severity },
    annotations: {
      summary: rule.summary ?? alert.summary,
      description:
        `Cluster ${facts.settings.clusterName}${place}: {{ $value | humanize }} (${alert.unit}). ` +
        `What is lost: ${alert.lost(facts)}`,
      runbook_url: `${facts.settings.alerts.runbooks}/${alert.name}.md`,
    },
  };
}
