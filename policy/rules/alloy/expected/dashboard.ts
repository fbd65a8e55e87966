import { readsOwnNamespace } from "../../../../settings/own-lines";
import type { Settings } from "../../../../settings/schema";
import { matching } from "../../../shape";
import { panelRows, type PanelRow } from "./dashboard-panels";
import { component, kubernetesObject, type Expected } from "./expected";
import { labelsOf, annotationsOf, type Metadata } from "./labels";
import { readPromql } from "./promql";

/**
 * The dashboard that the settings ask for. Its text is not written here a second time: each panel is taken apart, and may
 * read the metrics that belong to its title, of this stack's collectors, and nothing else.
 *
 * @param configHash SHA-256 of the pipeline's text, which every collector should report
 */
export function expectedDashboard(settings: Settings, configHash: string): Expected[] {
  const { dashboard, selfMonitoring, clusterName } = settings;
  if (!dashboard.enabled || !selfMonitoring.enabled) return [];
  return [
    component("Dashboard", "alloy-dashboard"),
    kubernetesObject(
      "v1",
      "ConfigMap",
      { name: "alloy-dashboard-config-map" },
      {
        metadata: readerMetadata(settings, "alloy-dashboard", dashboard, dashboard.annotations),
        data: {
          [`alloy-${clusterName}.json`]: matching(
            "a dashboard of the panels that the settings ask for, each of this stack's own series",
            (value) => typeof value === "string" && isDashboard(value, settings, configHash),
          ),
        },
      },
    ),
  ];
}

/** `metadata` of an object that somebody else's sidecar reads, perhaps in its own namespace. */
export const readerMetadata = (
  settings: Settings,
  name: string,
  { namespace, labels }: { namespace?: string; labels: Record<string, string> },
  annotations: Record<string, string> = {},
): Metadata => ({
  name,
  namespace: namespace ?? settings.namespace.name,
  labels: { ...labelsOf(settings), ...labels },
  ...annotationsOf(settings, annotations),
});

const fields =
  "uid title description tags editable graphTooltip time timezone refresh schemaVersion annotations links templating panels".split(
    " ",
  );
const ofPanel = "type id title description links datasource targets fieldConfig options gridPos transformations".split(
  " ",
);
const ofRow = "type id title collapsed gridPos panels".split(" ");
const ofQuery = "refId datasource editorMode expr legendFormat range instant format queryType maxLines".split(" ");

type Json = Record<string, unknown>;

function isDashboard(text: string, settings: Settings, configHash: string): boolean {
  const board = parsed(text);
  if (board === undefined || !areOnly(board, fields) || !isHarmless(board, settings)) return false;
  if (board["editable"] !== false || board["title"] !== `Alloy collectors: ${settings.clusterName}`) return false;
  if (JSON.stringify(board["annotations"]) !== '{"list":[]}' || !areVariables(board["templating"], settings))
    return false;
  const [panels, wanted] = [listOf(board["panels"]), panelRows(settings)];
  return (
    panels.length === wanted.length &&
    panels.every((panel, at) => isPanel(panel, wanted[at] ?? { type: "row", title: "", reads: [] }))
  );

  function isPanel(panel: Json, { type, title, reads }: PanelRow): boolean {
    if (panel["type"] !== type || panel["title"] !== title) return false;
    if (type === "row") return areOnly(panel, ofRow) && listOf(panel["panels"]).length === 0;
    const queries = listOf(panel["targets"]);
    if (!areOnly(panel, ofPanel) || queries.length === 0 || !queries.every((one) => areOnly(one, ofQuery)))
      return false;
    const isOfLoki = reads.length === 0;
    if (!isFrom(panel, isOfLoki) || !queries.every((query) => isFrom(query, isOfLoki))) return false;
    if (isOfLoki) return queries.every(({ expr }) => ownLines(settings).includes(String(expr)));
    const found = queries.map(({ expr }) => metricsOf(String(expr), settings, configHash));
    const all = found.flatMap((one) => one ?? [""]);
    return [...new Set(all)].sort().join() === [...new Set(reads)].sort().join();
  }
}

const parsed = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
};

const listOf = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const areOnly = (value: Json, known: readonly string[]): boolean =>
  Object.keys(value).every((key) => known.includes(key));

/** The data sources, and the nodes of this stack: a variable with another query would ask others. */
function areVariables(templating: unknown, settings: Settings): boolean {
  const known =
    "type name label description query datasource refresh sort hide skipUrlSync multi includeAll allValue current";
  const variables = listOf((templating as Json)["list"]);
  const { clusterName, namespace } = settings;
  const nodes = `label_values(up{cluster="${clusterName}",namespace="${namespace.name}",job="alloy"}, node)`;
  const wanted = [
    ["datasource", "datasource", "prometheus"],
    ...(readsOwnNamespace(settings) ? [["loki", "datasource", "loki"]] : []),
    ["node", "query", nodes],
  ];
  return (
    variables.every((one) => areOnly(one, known.split(" ")) && (one["type"] !== "query" || isFrom(one, false))) &&
    JSON.stringify(variables.map(({ name, type, query }) => [name, type, query])) === JSON.stringify(wanted)
  );
}

/** A data source that somebody chooses on the dashboard: one by name could be anybody's. */
const isFrom = (value: Json, loki: boolean): boolean =>
  JSON.stringify(value["datasource"]) ===
  JSON.stringify(loki ? { type: "loki", uid: "${loki}" } : { type: "prometheus", uid: "${datasource}" });

/** Links lead to the runbooks, and no text is markup: a browser that is logged in to Grafana shows it. */
function isHarmless(value: unknown, settings: Settings): boolean {
  if (typeof value === "string")
    return !/[<`]|javascript:|^\/\//i.test(value) && (!value.includes("://") || isRunbook(value, settings));
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(
    ([key, inner]) => (key !== "url" || isRunbook(String(inner), settings)) && isHarmless(inner, settings),
  );
}

const isRunbook = (value: string, { alerts }: Settings): boolean =>
  value.startsWith(`${alerts.runbooks}/`) &&
  /^(Alloy[A-Za-z]+|README)\.md$/.test(value.slice(alerts.runbooks.length + 1));

const ownLines = ({ clusterName, namespace }: Settings): string[] => {
  const lines = `{cluster="${clusterName}",namespace="${namespace.name}",app="alloy",node=~"$node"} |~ "level=(error|warn)"`;
  return [lines, `sum by (cluster, node) (rate(${lines} [$__auto]))`];
};

/** The metrics of an expression; undefined for one that reads others' series, or says what no panel says. */
function metricsOf(
  expr: string,
  { clusterName, namespace }: Settings,
  configHash: string,
): readonly string[] | undefined {
  const place = [`cluster="${clusterName}"`, `namespace="${namespace.name}"`];
  const text = expr.replaceAll("[$__rate_interval]", "[5m]");
  const said = readPromql(text, expr.includes('job="') ? [...place, 'job="alloy"'] : place);
  if (said === undefined) return undefined;
  const known = [
    'node=~"$node"',
    `sha256!="${configHash}"`,
    'status_code=~"2.."',
    'component_id="loki.relabel.drop_high_cardinality"',
  ];
  if (!said.picks.every((pick) => known.includes(pick))) return undefined;
  // Only what Prometheus records beforehand has no job.
  return expr.includes('job="') || said.reads.every((name) => name.startsWith("node:")) ? said.reads : undefined;
}
