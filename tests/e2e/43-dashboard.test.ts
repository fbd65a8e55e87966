import assert from "node:assert/strict";

import type { Dashboard, Drawing, Panel } from "../../dashboard/model";
import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { countLines, queryRange } from "../../packages/sandbox/servers/loki";
import { instantQuery } from "../../packages/sandbox/servers/prometheus";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { startWorkload, stopWorkload } from "../../packages/sandbox/workload/start";
import { PlayedPod, makeNamespaces, removeNamespaces } from "./support/pods";
import { givePodsLogBack, takeAwayPodsLog } from "./support/pods-log";
import { recordPanels } from "./support/record-panels";
import { sandbox, stackObjects, type LiveObject } from "./support/sandbox";
import { scrapeSeconds, scrapingPrometheus } from "./support/scraping-prometheus";

const space = "dashboard-old-lines";
const isDrawing = (panel: Panel): panel is Drawing => panel.type !== "row";

/** A query as Grafana would send it with every node chosen, for a minute of these scrapes. */
const asAsked = (expr: string): string =>
  expr
    .replaceAll("$node", ".+")
    .replaceAll("$__rate_interval", `${15 * scrapeSeconds}s`)
    .replaceAll("$__auto", "5m");

/** One query of one panel. */
interface Asked {
  title: string;
  ofLoki: boolean;
  expr: string;
}

describe("the dashboard in the cluster", () => {
  let prometheus: Awaited<ReturnType<typeof scrapingPrometheus>>;
  let board: Dashboard;
  let asked: Asked[];

  before(async () => {
    const { data } = await sandbox().get<LiveObject & { data: Record<string, string> }>(stackObjects.Dashboard);
    board = JSON.parse(data["alloy-detectviz-local.json"] ?? "") as Dashboard;
    asked = board.panels
      .filter(isDrawing)
      .flatMap(({ title = "", targets }) =>
        targets.map(({ expr, datasource }) => ({ title, ofLoki: datasource?.type === "loki", expr: asAsked(expr) })),
      );
    assert.ok(asked.length > 40);
    await haveErrors();
    prometheus = await scrapingPrometheus();
    await startWorkload({ paths: sandbox().paths, ratePerSecond: 30 });
    await leaveOutALine();
  });

  after(async () => {
    await stopWorkload(sandbox().paths);
    await prometheus?.stop();
    await removeNamespaces([space]);
  });

  it("asks nothing of Prometheus for which it has no answer", async () => {
    const queries = asked.filter(({ ofLoki }) => !ofLoki);
    await everyOneAnswers(queries, async ({ expr }) => {
      const samples = await instantQuery(prometheus.url, expr);
      return samples.length > 0 && samples.every(({ value }) => Number.isFinite(value));
    });
    const byNode = queries.find(({ title }) => title === "Lines sent, by node");
    // The rate is one over five minutes, and the lines have begun a moment ago.
    await waitUntil(
      "30 lines a second are seen",
      async () => {
        const samples = await instantQuery(prometheus.url, byNode?.expr ?? "");
        assert.deepEqual(samples.map(({ labels }) => labels["node"]).sort(), [...nodeNames].sort());
        const sum = samples.reduce((total, { value }) => total + value, 0);
        return sum > 10 || `${sum} so far`;
      },
      { timeoutMs: 240_000, intervalMs: 5_000 },
    );
    const file = process.env["ALLOY_DASHBOARD_DATA"];
    if (file !== undefined) await recordPanels(board, prometheus.url, asAsked, file);
  });

  it("asks nothing of Loki for which it has no answer", async () => {
    const { loki } = await sandbox().servers();
    const queries = asked.filter(({ ofLoki }) => ofLoki);
    assert.equal(queries.length, 2);
    await everyOneAnswers(queries, async ({ expr }) => (await queryRange(loki, "local", expr)).length > 0);
  });

  /** Waits until each has data, and names those that have none. */
  async function everyOneAnswers(queries: readonly Asked[], hasData: (one: Asked) => Promise<boolean>): Promise<void> {
    assert.ok(queries.length > 0);
    await waitUntil(
      "every panel has data",
      async () => {
        const found = await Promise.all(queries.map(hasData));
        const empty = queries.filter((_, at) => found[at] !== true);
        return empty.length === 0 || empty.map(({ title, expr }) => `${title}: ${expr}`).join("\n");
      },
      { timeoutMs: 90_000, intervalMs: 2_000 },
    );
    console.error(`      ${queries.length} queries have data`);
  }

  /** The panels of the log show errors: without the right to read logs, collectors have some. */
  async function haveErrors(): Promise<void> {
    const { loki } = await sandbox().servers();
    const own = '{namespace="monitoring",app="alloy"} |~ "level=(error|warn)"';
    if ((await countLines(loki, "local", own)) > 0) return;
    await takeAwayPodsLog();
    await givePodsLogBack();
  }

  /** The counter of lines that are left out appears with the first of them. */
  async function leaveOutALine(): Promise<void> {
    await makeNamespaces([space]);
    for (const node of nodeNames) {
      const pod = await PlayedPod.create({ namespace: space, name: `old-${node}`, node });
      pod.writeAt(new Date(Date.now() - 30 * 24 * 3_600_000), "a line of last month");
      pod.close();
    }
  }
});
