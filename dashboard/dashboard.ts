import { createHash } from "node:crypto";

import { stackSelectors } from "../alerts/facts";
import { alerts, type AlertName } from "../alerts/table";
import { dataSourceName, dataSourceUid } from "../settings/loki-readers";
import { readsOwnNamespace } from "../settings/own-lines";
import type { Settings } from "../settings/schema";
import { drawingOf, prometheus } from "./drawing";
import { panelFacts } from "./facts";
import type { Dashboard, Link, Panel, Variable } from "./model";
import type { PanelSpec } from "./panel";
import { buffers } from "./rows/buffers";
import { fleet } from "./rows/fleet";
import { ownLog } from "./rows/own-log";
import { pipeline } from "./rows/pipeline";
import { remoteWrite } from "./rows/remote-write";
import { resources } from "./rows/resources";

/** Every row, from top to bottom. */
export const rows = [fleet, pipeline, buffers, remoteWrite, resources, ownLog] as const;

/** Columns of Grafana's grid. */
const gridWidth = 24;
const usual = {
  stat: { w: 4, h: 5 },
  timeseries: { w: 8, h: 8 },
  nodes: { w: 24, h: 9 },
  logs: { w: 24, h: 10 },
} as const;

/**
 * The dashboard of one stack: its limits are those of the stack's alerts, and what is off is not on it. Pure.
 *
 * @param pipelineText the text of config.alloy, whose hash every collector has to report
 */
export function dashboardOf(settings: Settings, pipelineText: string): Dashboard {
  const { clusterName, namespace } = settings;
  return {
    uid: `alloy-${createHash("sha256").update(`${clusterName}/${namespace.name}`).digest("hex").slice(0, 12)}`,
    title: `Alloy collectors: ${clusterName}`,
    description: `Made from the settings of the stack that runs the collectors of ${clusterName}. A change by hand is overwritten.`,
    tags: ["alloy", "logs"],
    editable: false,
    // A shared cross hair: a fault shows at the same moment in several panels.
    graphTooltip: 1,
    time: { from: "now-6h", to: "now" },
    timezone: "browser",
    refresh: "1m",
    // Grafana 10.3's. Newer ones read it and bring it up to date.
    schemaVersion: 39,
    annotations: { list: [] },
    links: [linkOf("Runbooks", `${settings.alerts.runbooks}/README.md`)],
    templating: { list: variablesOf(settings) },
    panels: placed(settings, pipelineText),
  };
}

/** The same as text, a panel or a variable a line: a preview then shows which of them a change concerns. */
export function dashboardText(settings: Settings, pipelineText: string): string {
  const { panels, templating, ...rest } = dashboardOf(settings, pipelineText);
  const lines = (items: readonly unknown[]): string =>
    items.length === 0 ? "[]" : `[\n${items.map((item) => JSON.stringify(item)).join(",\n")}\n]`;
  const head = Object.entries(rest).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  const parts = [...head, `"templating": {"list": ${lines(templating.list)}}`, `"panels": ${lines(panels)}`];
  return `{\n${parts.join(",\n")}\n}\n`;
}

function variablesOf(settings: Settings): Variable[] {
  const place = stackSelectors(settings).join(",");
  const { dataSource } = settings;
  const source = (name: string, type: string, label: string): Variable => ({
    ...{ type: "datasource", name, label, query: type, refresh: 1, hide: 0, skipUrlSync: false },
    ...{ multi: false, includeAll: false },
  });
  const ours = { current: { selected: true, text: dataSourceName(settings), value: dataSourceUid(settings) } };
  return [
    { ...source("datasource", "prometheus", "Prometheus"), description: "Where the collectors' own metrics are." },
    ...(readsOwnNamespace(settings)
      ? [
          {
            ...{ ...source("loki", "loki", "Loki"), ...(dataSource.enabled && ours) },
            description: `Where the lines of tenant ${settings.lokiTenant} are.`,
          },
        ]
      : []),
    {
      ...{ type: "query", name: "node", label: "Node", description: "Nodes whose collectors are shown." },
      ...{ datasource: prometheus, query: `label_values(up{${place},job="alloy"}, node)` },
      ...{ refresh: 2, sort: 7, hide: 0, skipUrlSync: false, multi: true, includeAll: true, allValue: ".+" },
      current: { selected: true, text: ["All"], value: ["$__all"] },
    },
  ];
}

/** From left to right, and from row to row. */
function placed(settings: Settings, pipelineText: string): Panel[] {
  const facts = panelFacts(settings, pipelineText);
  const panels: Panel[] = [];
  let [x, y, height] = [0, 0, 0];
  const nextLine = (): void => {
    [x, y, height] = [0, y + height, 0];
  };
  for (const row of rows) {
    const specs = row.panels(facts, settings);
    if (specs.length === 0) continue;
    nextLine();
    const gridPos = { x: 0, y, w: gridWidth, h: 1 };
    panels.push({ type: "row", id: panels.length + 1, title: row.title, collapsed: false, gridPos, panels: [] });
    [y, height] = [y + 1, 0];
    for (const spec of specs) {
      const { w, h } = { ...usual[spec.kind], ...(spec.width !== undefined && { w: spec.width }) };
      if (x + w > gridWidth) nextLine();
      panels.push({ id: panels.length + 1, gridPos: { x, y, w, h }, ...drawingOf(spec, linksOf(spec, settings)) });
      [x, height] = [x + w, Math.max(height, h)];
    }
  }
  return panels;
}

/** To the runbooks of the alerts that the stack has. */
function linksOf({ alerts: names = [] }: PanelSpec, settings: Settings): Link[] {
  const isMade = (name: AlertName): boolean => alerts.some((alert) => alert.name === name && alert.isOn(settings));
  return names.filter(isMade).map((name) => linkOf(name, `${settings.alerts.runbooks}/${name}.md`));
}

const linkOf = (title: string, url: string): Link => ({
  ...{ type: "link", title, url, tooltip: "What to do", icon: "doc", tags: [], targetBlank: true },
  ...{ asDropdown: false, includeVars: false, keepTime: false },
});
