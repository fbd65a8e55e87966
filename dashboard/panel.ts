import type { AlertName } from "../alerts/table";
import type { Settings } from "../settings/schema";
import type { PanelFacts } from "./facts";

/** What a query's values are. Source: grafana, packages/grafana-data, valueFormats/categories.ts; `suffix:` adds a text. */
export type Unit = "short" | "s" | "bytes" | "Bps" | "percentunit" | "suffix: lines/s" | "suffix: /s" | "suffix: cores";

/** One curve or number, or several that a label tells apart. */
export interface PanelQuery {
  expr: string;
  /** What it is called; `{{label}}` for the value of a label. In a table: the title of the column. */
  legend: string;
  /** In a table: what the column's values are, and from which one on a cell is coloured. */
  unit?: Unit;
  limits?: readonly Limit[];
}

/** A limit that is drawn: the one at which an alert fires, or the one at which the container ends. */
export interface Limit {
  value: number;
  colour: "orange" | "red" | "green";
}

/** One panel, without its place on the dashboard. */
export interface PanelSpec {
  kind: "stat" | "timeseries" | "nodes" | "logs";
  title: string;
  /** What is seen, and what of it should worry somebody. */
  description: string;
  unit: Unit;
  queries: readonly PanelQuery[];
  limits?: readonly Limit[];
  /** Alerts about the same; each is linked with its runbook. */
  alerts?: readonly AlertName[];
  /** In columns, of which a row has 24. Default: what is usual for the kind. */
  width?: number;
  /** The scale reaches as far as this at least, so that a limit is seen that is far away. */
  upTo?: number;
  /** Asked of Loki, and not of Prometheus. */
  ofLoki?: true;
  /** What is shown where no series is: the absence of a fault. */
  ifNone?: string;
}

/** One row of panels. */
export interface RowSpec {
  title: string;
  /** The panels of a stack with these settings; those of what is off are left out, and so is a row without any. */
  panels: (facts: PanelFacts, settings: Settings) => readonly PanelSpec[];
}

/** The panels, if the stack has what they show. */
export const when = (isOn: boolean, ...panels: readonly PanelSpec[]): readonly PanelSpec[] => (isOn ? panels : []);
