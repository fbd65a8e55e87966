import assert from "node:assert/strict";

import { metricsWarnings, type MetricsSurroundings } from "../../operations/warnings/metrics";
import { settingsOf, type StackValues } from "../support/settings";

const exporter = {
  metadata: { namespace: "monitoring", name: "x", labels: { "app.kubernetes.io/name": "node-exporter" } },
};
const main = { namespace: "monitoring", name: "main" };

const warningsOf = (found: Partial<MetricsSurroundings>, values: StackValues = {}): string[] =>
  metricsWarnings(settingsOf(values), { daemonSets: [], prometheuses: [], ...found });

describe("warnings of node metrics", () => {
  it("say that a node-exporter runs as well, where both would have the same job", () => {
    const [warning, ...more] = warningsOf({ daemonSets: [exporter] }, { metrics: { job: "node-exporter" } });
    assert.match(warning ?? "", /a node-exporter runs as well \(monitoring\/x\)/);
    assert.deepEqual(more, []);
    assert.deepEqual(warningsOf({ daemonSets: [exporter] }), []);
    assert.deepEqual(warningsOf({ daemonSets: [exporter] }, { metrics: { enabled: false } }), []);
    assert.deepEqual(warningsOf({ daemonSets: [{ metadata: { name: "fluent-bit" } }] }), []);
  });

  it("say that no Prometheus takes remote writes, where the URL is one of the cluster", () => {
    const refusing = { prometheuses: [{ metadata: main, spec: {} }] };
    assert.match(warningsOf(refusing).join(), /no Prometheus of the cluster takes remote writes \(monitoring\/main\)/);
    assert.deepEqual(warningsOf(refusing, { prometheusUrl: "https://mimir.example.com/api/v1/push" }), []);
    for (const spec of [{ enableRemoteWriteReceiver: true }, { enableFeatures: ["remote-write-receiver"] }])
      assert.deepEqual(warningsOf({ prometheuses: [{ metadata: main }, { metadata: main, spec }] }), []);
  });

  it("say nothing of what may not be listed", () => {
    assert.deepEqual(warningsOf({ daemonSets: undefined, prometheuses: undefined }), []);
  });
});
