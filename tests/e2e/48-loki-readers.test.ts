import assert from "node:assert/strict";
import * as path from "node:path";

import { parse } from "yaml";

import { readJson } from "../../kit/files";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { startWorkload, stopWorkload } from "../../packages/sandbox/workload/start";
import { changeConfig } from "./support/config";
import { startRuler, type PostedAlert, type Ruler } from "./support/loki-ruler";
import { sandbox, type LiveObject } from "./support/sandbox";

interface Provisioning {
  datasources: {
    name: string;
    url: string;
    isDefault: boolean;
    jsonData: { httpHeaderName1: string };
    secureJsonData: { httpHeaderValue1: string };
  }[];
}

const inMonitoring = "/api/v1/namespaces/monitoring";
const data = async (apiPath: string): Promise<LiveObject & { data: Record<string, string> }> => sandbox().get(apiPath);

/** Where the sandbox's Loki takes queries of other parts of Loki. */
async function grpcPort(): Promise<number> {
  const ports = await readJson<Record<string, number>>(path.join(sandbox().root, "ports.json"));
  return ports?.["loki-grpc"] ?? assert.fail("the sandbox has no loki-grpc");
}

/** Pushes what a collector writes of itself when it may not read logs. */
async function pushErrors(count: number): Promise<void> {
  const { loki } = await sandbox().servers();
  const stream = { cluster: "detectviz-local", namespace: "monitoring", app: "alloy", node: "node-1" };
  const line = (at: number): [string, string] => [
    `${Date.now()}${String(at).padStart(6, "0")}`,
    `level=error msg="error getting pod logs" component_id=loki.source.kubernetes.pods try=${at}`,
  ];
  const answer = await fetch(loki.pushUrl, {
    method: "POST",
    headers: { "content-type": "application/json", "X-Scope-OrgID": "local" },
    body: JSON.stringify({ streams: [{ stream, values: Array.from({ length: count }, (_, at) => line(at)) }] }),
  });
  assert.equal(answer.status, 204, await answer.text());
}

/** The rules as they are deployed, but for their patience: a test has no quarter of an hour. */
const hasty = (text: string): string => text.replaceAll("[15m]", "[10s]").replaceAll("for: 5m", "for: 2s");

describe("the way back from Loki", () => {
  let putBack: () => Promise<void>;
  let ruler: Ruler | undefined;

  before(async () => {
    const { loki } = await sandbox().servers();
    putBack = await changeConfig([
      [["alloy:dataSource"], { enabled: true, url: loki.url }],
      [["alloy:ruler"], { enabled: true }],
    ]);
    const up = await sandbox().alloyctl("up", ["local", "--yes"]);
    assert.equal(up.exitCode, 0, up.output);
  });

  after(async () => {
    await stopWorkload(sandbox().paths);
    await ruler?.stop();
    await putBack();
    const up = await sandbox().alloyctl("up", ["local", "--yes"]);
    assert.equal(up.exitCode, 0, up.output);
  });

  it("gives Grafana a data source that reads this tenant's lines, and no other tenant's", async () => {
    await startWorkload({ paths: sandbox().paths, lines: 300, ratePerSecond: 100 });
    const secret = await data(`${inMonitoring}/secrets/alloy-loki-data-source`);
    assert.equal(secret.metadata.labels?.["grafana_datasource"], "1");
    const text = Buffer.from(secret.data["alloy-loki.yaml"] ?? "", "base64").toString("utf8");
    const [source, ...more] = (parse(text) as Provisioning).datasources;
    assert.ok(source !== undefined && more.length === 0);
    assert.deepEqual([source.name, source.isDefault], ["loki-detectviz-local", false]);
    // What Grafana's proxy sends with each query.
    const ask = async (tenant: string): Promise<number> => {
      const query = new URLSearchParams({ query: '{namespace=~"demo-.+"}', limit: "10" }).toString();
      const answer = await fetch(`${source.url}/loki/api/v1/query_range?${query}`, {
        headers: { [source.jsonData.httpHeaderName1]: tenant },
      });
      assert.equal(answer.status, 200);
      const { data } = (await answer.json()) as { data: { result: { values: unknown[] }[] } };
      return data.result.reduce((sum, { values }) => sum + values.length, 0);
    };
    await waitUntil("the lines are read back", async () => (await ask(source.secureJsonData.httpHeaderValue1)) === 10, {
      timeoutMs: 60_000,
    });
    assert.equal(await ask("somebody-else"), 0);
  });

  it("has Loki's ruler tell of lines that no longer come, and of their return", async () => {
    const config = await data(`${inMonitoring}/configmaps/alloy-loki-rules`);
    const tenant = (config.metadata as { annotations?: Record<string, string> }).annotations?.[
      "k8s-sidecar-target-directory"
    ];
    assert.equal(tenant, "local");
    ruler = await startRuler({ [`${tenant}/alloy.yaml`]: hasty(config.data["alloy.yaml"] ?? "") }, await grpcPort());
    const { alerts, log } = ruler;
    const newest = (): PostedAlert | undefined =>
      alerts.findLast(({ labels }) => labels["alertname"] === "AlloyNoLinesInLoki");
    const isOver = (alert: PostedAlert): boolean => Date.parse(alert.endsAt) <= Date.now();
    const seen = (): string => `${alerts.length} alerts; ${log()}`;
    await waitUntil(
      "silence is told",
      () => {
        const alert = newest();
        return Promise.resolve((alert !== undefined && !isOver(alert)) || seen());
      },
      { timeoutMs: 120_000 },
    );
    const alert = newest();
    assert.equal(alert?.labels["cluster"], "detectviz-local");
    assert.equal(alert.labels["severity"], "critical");
    assert.match(alert.annotations["summary"] ?? "", /no line of detectviz-local/);
    assert.match(alert.annotations["runbook_url"] ?? "", /\/AlloyNoLinesInLoki\.md$/);
    await pushErrors(12);
    await waitUntil(
      "errors about lines are told",
      () => Promise.resolve(alerts.some(({ labels }) => labels["alertname"] === "AlloyLinesNotReadable") || seen()),
      { timeoutMs: 60_000 },
    );
    await startWorkload({ paths: sandbox().paths, ratePerSecond: 30 });
    await waitUntil(
      "it is told that lines come again",
      () => {
        const alert = newest();
        return Promise.resolve((alert !== undefined && isOver(alert)) || seen());
      },
      { timeoutMs: 120_000 },
    );
  });
});
