import assert from "node:assert/strict";

import { kubernetesObjects } from "../../operations/recording/manifests";
import { named, record, revealed, shape } from "../support/recording";

const asked = {
  dashboard: { namespace: "grafana", annotations: { grafana_folder: "Alloy" } },
  dataSource: { enabled: true, namespace: "grafana", url: "http://loki:3100" },
  ruler: { enabled: true, namespace: "loki" },
};

/** What the recording has beside a stack without them. */
async function more(values: Record<string, unknown>): Promise<Record<string, unknown>> {
  const usual = shape(await record());
  return Object.fromEntries(Object.entries(shape(await record(values))).filter(([name]) => !(name in usual)));
}

describe("a stack that is read from Grafana and Loki", () => {
  it("has a data source and rules for Loki, where the settings ask for them", async () => {
    assert.deepEqual(await more(asked), {
      "alloy-data-source": ["detectviz:alloy:DataSource", "alloy"],
      "alloy-data-source-secret": ["kubernetes:core/v1:Secret", "alloy-data-source"],
      "alloy-loki-rules": ["detectviz:alloy:LokiRules", "alloy"],
      "alloy-loki-rules-config-map": ["kubernetes:core/v1:ConfigMap", "alloy-loki-rules"],
    });
    assert.deepEqual(await more({}), {});
  });

  it("puts each where its reader looks, with the folder that it takes", async () => {
    const recording = await record(asked);
    const metadataOf = (name: string) =>
      named(recording, name).inputs["metadata"] as {
        namespace: string;
        labels: Record<string, string>;
        annotations?: Record<string, string>;
      };
    const board = metadataOf("alloy-dashboard-config-map");
    assert.deepEqual([board.namespace, board.annotations], ["grafana", { grafana_folder: "Alloy" }]);
    assert.equal(board.labels["grafana_dashboard"], "1");
    const source = metadataOf("alloy-data-source-secret");
    assert.deepEqual([source.namespace, source.labels["grafana_datasource"]], ["grafana", "1"]);
    const rules = metadataOf("alloy-loki-rules-config-map");
    assert.deepEqual([rules.namespace, rules.labels["loki_rule"]], ["loki", "1"]);
    assert.deepEqual(rules.annotations, { "k8s-sidecar-target-directory": "test-tenant" });
  });

  it("sends the tenant with each query, and is never Grafana's default", async () => {
    const { inputs } = named(await record(asked), "alloy-data-source-secret");
    const { data } = revealed(inputs) as { data: Record<string, string> };
    const text = Buffer.from(data["alloy-loki.yaml"] ?? "", "base64").toString("utf8");
    assert.match(text, /^ {4}isDefault: false$/m);
    assert.match(
      text,
      /jsonData:\n {6}httpHeaderName1: X-Scope-OrgID\n {4}secureJsonData:\n {6}httpHeaderValue1: "test-tenant"/,
    );
  });

  it("has no dashboard without self-monitoring, and none where it is off", async () => {
    for (const values of [{ selfMonitoring: { enabled: false } }, { dashboard: { enabled: false } }])
      assert.ok(!("alloy-dashboard" in shape(await record(values))));
  });
});

describe("render, of such a stack", () => {
  it("shows the data source's text, in which nothing is secret, so that it can be applied", async () => {
    const objects = kubernetesObjects((await record(asked)).resources);
    const source = objects.find(({ metadata }) => (metadata as { name: string }).name === "alloy-loki-data-source");
    assert.deepEqual(Object.keys(source ?? {}).sort(), ["apiVersion", "kind", "metadata", "stringData", "type"]);
    assert.match((source?.["stringData"] as Record<string, string>)["alloy-loki.yaml"] ?? "", /^apiVersion: 1\n/);
  });
});
