import assert from "node:assert/strict";

import type { StackContext } from "../../operations/stack-context";
import { unreadReason, type SidecarPlan, type Workload } from "../../operations/warnings/sidecar-selectors";
import { sidecarWarnings } from "../../operations/warnings/sidecars";
import { FakeCluster } from "../support/fake-cluster";
import { settingsOf } from "../support/settings";

const plan: SidecarPlan = {
  reader: "Grafana",
  kind: "ConfigMap",
  namespace: "monitoring",
  labels: { grafana_dashboard: "1" },
};

/** A Grafana as its chart makes it, with what the sidecar is told. */
function grafana(env: Record<string, string>, image = "quay.io/kiwigrid/k8s-sidecar:1.25.2"): Workload {
  const sidecar = {
    name: "grafana-sc-dashboard",
    image,
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
  };
  const containers = [{ name: "grafana", image: "docker.io/grafana/grafana:10.3.3" }, sidecar];
  return { metadata: { name: "grafana", namespace: "grafana" }, spec: { template: { spec: { containers } } } };
}
const asInChart = { METHOD: "WATCH", LABEL: "grafana_dashboard", LABEL_VALUE: "1", NAMESPACE: "ALL", RESOURCE: "both" };

describe("whether a sidecar reads the dashboard", () => {
  for (const [what, env] of [
    ["all namespaces and our label", asInChart],
    ["ours among several namespaces", { ...asInChart, NAMESPACE: "grafana,monitoring" }],
    ["any value of the label", { ...asInChart, LABEL_VALUE: "" }],
    ["ConfigMaps only", { ...asInChart, RESOURCE: "configmap" }],
  ] as [string, Record<string, string>][])
    it(`is content with one that looks for ${what}`, () => assert.equal(unreadReason([grafana(env)], plan), undefined));

  it("is content where one of several reads it", () => {
    const other = grafana({ ...asInChart, LABEL: "other" });
    assert.equal(unreadReason([other, grafana(asInChart)], plan), undefined);
  });

  for (const [what, found, said] of [
    ["no Grafana", [], /has no Grafana/],
    ["no sidecar", [grafana(asInChart, "docker.io/grafana/grafana:10.3.3")], /grafana\/grafana runs without a sidecar/],
    ["another label", [grafana({ ...asInChart, LABEL: "dashboards" })], /looks for dashboards=1, which ours/],
    ["another value", [grafana({ ...asInChart, LABEL_VALUE: "yes" })], /looks for grafana_dashboard=yes/],
    ["its own namespace", [grafana({ ...asInChart, NAMESPACE: "" })], /looks in grafana only, and not in monitoring/],
    ["Secrets only", [grafana({ ...asInChart, RESOURCE: "secret" })], /reads no ConfigMaps/],
  ] as [string, Workload[], RegExp][])
    it(`says so of ${what}`, () => assert.match(unreadReason(found, plan) ?? "", said));
});

describe("the warnings about sidecars", () => {
  const all = {
    dataSource: { enabled: true, url: "http://loki:3100" },
    ruler: { enabled: true, namespace: "loki" },
  };

  async function warnings(values: Record<string, unknown>, status = 200, items: Workload[] = []): Promise<string[]> {
    const asked: string[] = [];
    const cluster = await FakeCluster.start((_, url) => {
      asked.push(`${url.pathname}?${url.searchParams.get("labelSelector") ?? ""}`);
      return { status, body: { items: url.pathname.endsWith("deployments") ? items : [], metadata: {} } };
    });
    try {
      const context = { settings: settingsOf(values), cluster: cluster.client } as unknown as StackContext;
      return await sidecarWarnings(context);
    } finally {
      await cluster.stop();
    }
  }

  it("are one for each that is on, with the setting to change", async () => {
    const said = await warnings(all);
    assert.equal(said.length, 3);
    for (const setting of ["dashboard", "dataSource", "ruler"])
      assert.ok(
        said.some((line) => line.includes(`alloy:${setting}.labels`)),
        setting,
      );
    assert.ok(said.some((line) => line.includes("the cluster has no Loki")));
  });

  it("are none where the sidecar looks, or where there is no dashboard", async () => {
    assert.deepEqual(await warnings({}, 200, [grafana(asInChart)]), []);
    assert.deepEqual(await warnings({ dashboard: { enabled: false } }), []);
    assert.deepEqual(await warnings({ selfMonitoring: { enabled: false } }), []);
  });

  it("say that nobody could look", async () => {
    const [said = ""] = await warnings({}, 403);
    assert.match(said, /could not look whether Grafana reads alloy:dashboard \(listing/);
  });
});
