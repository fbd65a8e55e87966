import assert from "node:assert/strict";

import { keptMetrics } from "../../alerts/kept-metrics";
import { recorded } from "../../alerts/recorded";
import { alerts } from "../../alerts/table";
import { factsOf } from "../../alerts/facts";
import { dashboardOf, dashboardText, rows } from "../../dashboard/dashboard";
import { panelFacts } from "../../dashboard/facts";
import type { Dashboard, Drawing, Panel } from "../../dashboard/model";
import type { PanelSpec } from "../../dashboard/panel";
import { parseQuantity } from "../../kit/units";
import { composePipeline } from "../../pipeline/compose";
import type { Settings } from "../../settings/schema";
import { alertStacks } from "../alerts/stacks";
import { settingsOf } from "../support/settings";

const boardOf = (settings: Settings): Dashboard => dashboardOf(settings, composePipeline(settings).text);
const isDrawing = (panel: Panel): panel is Drawing => panel.type !== "row";
const drawings = (settings: Settings): Drawing[] => boardOf(settings).panels.filter(isDrawing);
const titles = (settings: Settings): string[] => boardOf(settings).panels.map(({ title }) => title ?? "");
const specsOf = (settings: Settings): PanelSpec[] =>
  rows.flatMap((row) => row.panels(panelFacts(settings, composePipeline(settings).text), settings));

const small = settingsOf({ metrics: { enabled: false }, alerts: { enabled: false } });
const stacks: Record<string, Settings> = {
  ...Object.fromEntries(Object.entries(alertStacks).map(([name, { settings }]) => [name, settings])),
  "the least settings": settingsOf({}),
  "without metrics and alerts": small,
  "without logs": settingsOf({ logs: { enabled: false } }),
};

/** What Prometheus makes itself, or records for the alerts. */
const byPrometheus = ["up", "scrape_samples_post_metric_relabeling"];

describe("the dashboard", () => {
  for (const [name, settings] of Object.entries(stacks)) {
    describe(`of ${name}`, () => {
      it("reads only what Prometheus keeps of this stack's collectors", () => {
        const kept = [...keptMetrics(settings), ...byPrometheus];
        const ofAlerts: readonly string[] = settings.alerts.enabled ? Object.values(recorded) : [];
        const queries = drawings(settings).flatMap(({ targets }) => targets);
        const asked = queries.filter(({ datasource }) => datasource?.type === "prometheus");
        assert.ok(asked.length >= 15);
        for (const { expr } of asked) {
          const found = [...expr.matchAll(/([a-z_:0-9]+)\{([^}]*)\}/g)];
          assert.ok(found.length > 0, expr);
          for (const [, metric = "", selector = ""] of found) {
            const isRecorded = ofAlerts.includes(metric);
            assert.ok(isRecorded || kept.includes(metric), metric);
            const place = 'cluster="test-cluster",namespace="monitoring"';
            assert.ok(selector.startsWith(isRecorded ? place : `${place},job="alloy"`), expr);
            assert.ok(selector.endsWith('node=~"$node"'), expr);
          }
        }
      });

      it("draws the limits of its alerts, and no others", () => {
        const facts = factsOf(settings, composePipeline(settings).text);
        const limitsOfAlerts = new Set(
          alerts
            .filter((alert) => alert.isOn(settings))
            .flatMap((alert) => alert.rules(facts).map(({ expr }) => expr))
            .flatMap((expr) => [...expr.matchAll(/> ([\d.]+)/g)].map(([, value]) => Number(value))),
        );
        const { cpu, memory } = settings.resources.limits;
        const ofContainer = [parseQuantity(cpu), parseQuantity(memory)];
        let drawn = 0;
        for (const { title, limits = [], queries } of specsOf(settings))
          for (const { value } of [...limits, ...queries.flatMap((query) => query.limits ?? [])]) {
            drawn += 1;
            // A count of faults: the first one is the limit. And a collector that answers is 1.
            const isCount = value === 0 || value === 1;
            assert.ok(isCount || limitsOfAlerts.has(value) || ofContainer.includes(value), `${title}: ${value}`);
          }
        assert.ok(drawn >= 8);
      });

      it("says of each panel what it shows, in which unit, and names each curve", () => {
        for (const panel of drawings(settings)) {
          const { title = "", description = "", fieldConfig, targets, type } = panel;
          assert.match(description, /^[A-Z2].*\.$/, title);
          assert.ok(targets.length > 0, title);
          if (type === "logs") continue;
          assert.ok((fieldConfig.defaults.unit ?? "") !== "", title);
          for (const { legendFormat = "" } of targets) assert.ok(legendFormat !== "", title);
        }
      });

      it("names no label in a legend that the result lacks", () => {
        for (const { title, targets } of drawings(settings))
          for (const { expr, legendFormat = "" } of targets)
            for (const [, label = ""] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
              const by = /by \(([^)]*)\)/.exec(expr)?.[1] ?? "cluster, namespace, node";
              assert.ok(by.split(", ").includes(label), `${title ?? ""}: ${label}`);
            }
      });

      it("uses ranges that hold four scrapes, whatever the time range", () => {
        for (const { expr, datasource } of drawings(settings).flatMap(({ targets }) => targets))
          for (const [, range = ""] of expr.matchAll(/\[([^\]]+)\]/g))
            assert.ok(datasource?.type === "loki" || /^(\$__rate_interval|15m|1h|24h)$/.test(range), expr);
      });

      it("lets no two panels lie over each other, in the grid's 24 columns", () => {
        const places = boardOf(settings).panels.map(({ gridPos }) => gridPos ?? assert.fail());
        const taken = new Set<string>();
        for (const { x, y, w, h } of places) {
          assert.ok(x >= 0 && x + w <= 24);
          for (let column = x; column < x + w; column++)
            for (let line = y; line < y + h; line++) {
              assert.ok(!taken.has(`${column} ${line}`));
              taken.add(`${column} ${line}`);
            }
        }
      });

      it("links to the runbook of each alert that the stack has, and to none beside", () => {
        const isOn = new Set(alerts.filter((alert) => alert.isOn(settings)).map(({ name }) => name as string));
        const links = drawings(settings).flatMap(({ links = [] }) => links);
        assert.ok(links.length >= 8);
        for (const { title, url } of links) {
          assert.ok(isOn.has(title), title);
          assert.equal(url, `${settings.alerts.runbooks}/${title}.md`);
        }
      });
    });
  }

  it("links to every alert between its panels, but to those of the canary", () => {
    const linked = new Set(
      Object.values(stacks).flatMap((settings) =>
        drawings(settings).flatMap(({ links = [] }) => links.map(({ title }) => title)),
      ),
    );
    assert.deepEqual(
      alerts.map(({ name }) => name).filter((name) => !linked.has(name)),
      ["AlloyCanaryLinesMissing"],
    );
  });

  it("has a row for what is on, and none for what is off", () => {
    const all = ["Fleet", "Pipeline", "Buffers and credentials", "Node metrics: remote write", "Resources"];
    const rowTitles = (settings: Settings): string[] =>
      boardOf(settings).panels.flatMap(({ type, title }) => (type === "row" ? [title ?? ""] : []));
    assert.deepEqual(rowTitles(settingsOf({})), [...all, "The collectors' own log"]);
    const hidden = { enabled: true, excludeNamespaces: "monitoring" };
    assert.deepEqual(rowTitles(settingsOf({ logs: hidden })), all);
    assert.deepEqual(rowTitles(settingsOf({ logs: { enabled: false } })), [
      "Fleet",
      "Buffers and credentials",
      "Node metrics: remote write",
      "Resources",
    ]);
    assert.ok(!titles(small).includes("Node metrics: remote write"));
    assert.ok(titles(stacks["vault"] ?? small).includes("Logins to Vault, by node"));
    assert.ok(!titles(stacks["files"] ?? small).includes("Logins to Vault, by node"));
  });

  it("lets somebody choose the data sources and the nodes, and takes our own Loki where there is one", () => {
    const list = (settings: Settings) => boardOf(settings).templating.list;
    assert.deepEqual(
      list(settingsOf({})).map(({ name, type }) => [name, type]),
      [
        ["datasource", "datasource"],
        ["loki", "datasource"],
        ["node", "query"],
      ],
    );
    for (const { label, description } of list(settingsOf({}))) assert.ok(label && description?.endsWith("."));
    const dataSource = { enabled: true, url: "http://loki:3100" };
    const current = list(settingsOf({ dataSource })).find(({ name }) => name === "loki")?.current;
    assert.deepEqual([current?.text, /^loki-\w{12}$/.test(String(current?.value))], ["loki-test-cluster", true]);
  });

  it("of two clusters are two dashboards", () => {
    const other = boardOf(settingsOf({ clusterName: "other" }));
    assert.notEqual(other.uid, boardOf(settingsOf({})).uid);
    assert.ok((other.uid ?? "").length <= 40);
  });

  it("is written a panel a line, and reads as what it is", () => {
    const settings = settingsOf({});
    const { text } = { text: dashboardText(settings, composePipeline(settings).text) };
    assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(boardOf(settings))));
    const lines = text.split("\n").filter((line) => line.startsWith('{"id"') || line.startsWith('{"type":"row"'));
    assert.equal(lines.length, boardOf(settings).panels.length);
    assert.ok(text.length < 100_000, String(text.length));
  });
});
