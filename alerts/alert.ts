import type { Settings } from "../settings/schema";
import type { Limits } from "./limits";

/** How urgent an alert is: `critical` is for the night, `warning` for the day, `info` for whoever tunes the stack. */
export type Severity = "critical" | "warning" | "info";

/** What the expressions of one stack are made from. */
export interface AlertFacts {
  settings: Settings;
  limits: Limits;
  /** SHA-256 of the text that every collector should run: what Alloy says of itself as `alloy_config_hash`. */
  configHash: string;
  /** A metric of this stack's collectors alone; further label matchers are added as they are. */
  own: (metric: string, ...matchers: string[]) => string;
  /** The same of this stack's canaries. */
  canary: (metric: string) => string;
  /** A range that holds four scrapes at least, however rarely Prometheus scrapes. */
  range: (wanted: string) => string;
}

/** One Prometheus rule of an alert. */
export interface AlertRule {
  severity: Severity;
  /** PromQL. Its result has one series for everything that is wrong. */
  expr: string;
  /** How long the expression has to hold. Not set: one evaluation is enough. */
  for?: string;
  /** Set if the result names no node. */
  scope?: "cluster";
  /** In place of the alert's own summary. */
  summary?: string;
}

/** Everything that is known of one alert. Its name is its key in the table, and the name of its runbook. */
export interface Alert {
  /** Whether the stack has what the rule looks at. A rule that could never fire is not made. */
  isOn: (settings: Settings) => boolean;
  /** What the value of the expression counts. */
  unit: string;
  /** One line, with Prometheus' template variables. */
  summary: string;
  /** What is lost, and until when: the first thing that somebody who is woken wants to know. */
  lost: (facts: AlertFacts) => string;
  rules: (facts: AlertFacts) => readonly AlertRule[];
}

/** The labels that a result keeps: a person has to be told which node is meant. */
export const perNode = "by (cluster, namespace, node)";

/** The same with one label more. */
export const perNodeAnd = (label: string): string => `by (cluster, namespace, node, ${label})`;

export const always = (): boolean => true;
export const withLogs = ({ logs }: Settings): boolean => logs.enabled;
export const withMetrics = ({ metrics }: Settings): boolean => metrics.enabled;
