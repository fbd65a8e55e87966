import type { DataSourceRef, Drawing, Link, Query } from "./model";
import type { Limit, PanelSpec } from "./panel";

/** A panel as Grafana takes it, but for its place on the dashboard. */
type Unplaced = Drawing extends infer Kind ? (Kind extends Drawing ? Omit<Kind, "id" | "gridPos"> : never) : never;

/** The data sources that somebody chooses on the dashboard. */
export const prometheus: DataSourceRef = { type: "prometheus", uid: "${datasource}" };
export const loki: DataSourceRef = { type: "loki", uid: "${loki}" };

/** What Grafana has to know to draw a panel. Pure. */
export function drawingOf(spec: PanelSpec, links: Link[]): Unplaced {
  const common = { title: spec.title, description: spec.description, links };
  switch (spec.kind) {
    case "stat":
      return {
        ...{ type: "stat", ...common, datasource: prometheus, targets: spec.queries.map(instantQuery) },
        fieldConfig: {
          defaults: { unit: spec.unit, ...noneOf(spec), color: { mode: "thresholds" }, thresholds: steps(spec.limits) },
          overrides: [],
        },
        options: {
          ...{ graphMode: "none", colorMode: "value", justifyMode: "auto", textMode: "value_and_name" },
          ...{ wideLayout: true, showPercentChange: false, percentChangeColorMode: "standard", orientation: "auto" },
          reduceOptions: { values: false, calcs: ["lastNotNull"], fields: "" },
        },
      };
    case "timeseries":
      return {
        ...{ type: "timeseries", ...common },
        datasource: spec.ofLoki === true ? loki : prometheus,
        targets: spec.queries.map(spec.ofLoki === true ? lokiQuery : rangeQuery),
        fieldConfig: {
          defaults: {
            ...{ unit: spec.unit, ...noneOf(spec), min: 0, color: { mode: "palette-classic" } },
            thresholds: steps(spec.limits),
            custom: {
              ...{ drawStyle: "line", lineWidth: 1, fillOpacity: 10, showPoints: "auto", spanNulls: false },
              ...(spec.upTo !== undefined && { axisSoftMax: spec.upTo }),
              thresholdsStyle: { mode: spec.limits === undefined ? "off" : "dashed" },
            },
          },
          overrides: [],
        },
        options: {
          legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] },
          tooltip: { mode: "multi", sort: "desc" },
        },
      };
    case "nodes":
      return {
        ...{ type: "table", ...common, datasource: prometheus, targets: spec.queries.map(tableQuery) },
        transformations: [
          { id: "merge", options: {} },
          { id: "organize", options: { excludeByName: noise(spec), indexByName: order(spec), renameByName: {} } },
        ],
        fieldConfig: {
          defaults: { unit: spec.unit, custom: { align: "auto", inspect: false } },
          overrides: spec.queries.map((query, at) => ({
            matcher: { id: "byName", options: valueColumn(at) },
            properties: [
              { id: "displayName", value: query.legend },
              ...(query.unit === undefined ? [] : [{ id: "unit", value: query.unit }]),
              ...(query.limits === undefined
                ? []
                : [
                    { id: "thresholds", value: steps(query.limits) },
                    { id: "custom.cellOptions", value: { type: "color-text" } },
                  ]),
            ],
          })),
        },
        options: { frameIndex: 0, showHeader: true, cellHeight: "sm" },
      };
    case "logs":
      return {
        ...{ type: "logs", ...common, datasource: loki, targets: spec.queries.map(lokiQuery) },
        fieldConfig: { defaults: {}, overrides: [] },
        options: {
          ...{ showTime: true, showLabels: false, showCommonLabels: false, showLogContextToggle: true },
          ...{ wrapLogMessage: true, prettifyLogMessage: false, enableLogDetails: true },
          ...{ sortOrder: "Descending", dedupStrategy: "none" },
        },
      };
  }
}

type Asked = PanelSpec["queries"][number];

const refId = (at: number): string => String.fromCharCode("A".charCodeAt(0) + at);

const ofPrometheus = ({ expr, legend }: Asked, at: number): Query => ({
  ...{ refId: refId(at), datasource: prometheus, editorMode: "code", expr, legendFormat: legend },
});
const rangeQuery = (asked: Asked, at: number): Query => ({ ...ofPrometheus(asked, at), range: true, instant: false });
const instantQuery = (asked: Asked, at: number): Query => ({ ...ofPrometheus(asked, at), range: false, instant: true });
const tableQuery = (asked: Asked, at: number): Query => ({ ...instantQuery(asked, at), format: "table" });

const lokiQuery = ({ expr, legend }: Asked, at: number): Query => ({
  ...{ refId: refId(at), datasource: loki, editorMode: "code", expr, legendFormat: legend, queryType: "range" },
  maxLines: 200,
});

const noneOf = ({ ifNone }: PanelSpec): { noValue?: string } => (ifNone === undefined ? {} : { noValue: ifNone });

function steps(limits: readonly Limit[] = []): { mode: "absolute"; steps: { value: number | null; color: string }[] } {
  const above = limits.map(({ value, colour }) => ({ value, color: colour }));
  // The first one has no value: it is below all others.
  return { mode: "absolute", steps: [{ value: null, color: "green" }, ...above] };
}

/** How the merged table names the values of a query. */
const valueColumn = (at: number): string => `Value #${refId(at)}`;

/** A version is told by its label, and the value beside it is always 1. */
const isLabel = ({ legend }: Asked): boolean => legend === "version";

function noise({ queries }: PanelSpec): Record<string, boolean> {
  const values = queries.flatMap((query, at) => (isLabel(query) ? [valueColumn(at)] : []));
  const hidden = ["Time", "__name__", "cluster", "namespace", ...values];
  return Object.fromEntries(hidden.map((name) => [name, true]));
}

function order({ queries }: PanelSpec): Record<string, number> {
  const columns = ["node", ...queries.map((query, at) => (isLabel(query) ? query.legend : valueColumn(at)))];
  return Object.fromEntries(columns.map((name, at) => [name, at]));
}
