import assert from "node:assert/strict";

import { takeCensus } from "../../operations/matching/census";
import { matchReport } from "../../operations/matching/report";
import { whatWouldMatch } from "../../operations/matching/what-would-match";
import { composePipeline } from "../../pipeline/compose";
import { FakeCluster } from "../support/fake-cluster";
import { settingsOf } from "../support/settings";

describe("the census of a cluster", () => {
  /** A server with this many pods, in pages, as tables; what it was asked. */
  async function withPods<T>(count: number, work: (cluster: FakeCluster, asked: string[]) => Promise<T>): Promise<T> {
    const asked: string[] = [];
    const cluster = await FakeCluster.start((_, url) => {
      asked.push(url.pathname + url.search);
      const limit = Number(url.searchParams.get("limit"));
      const from = Number(url.searchParams.get("continue") ?? 0);
      if (url.pathname === "/api/v1/namespaces") return { body: { items: [{ metadata: { name: "team-a" } }] } };
      if (url.pathname === "/api/v1/nodes")
        return { body: { items: [{ metadata: { name: "n", labels: { "kubernetes.io/arch": "arm64" } } }] } };
      if (url.pathname !== "/api/v1/pods") return { status: 404 };
      const numbers = Array.from({ length: Math.min(limit, count - from) }, (_, at) => from + at);
      const rest = count - from - numbers.length;
      return {
        body: {
          metadata: rest > 0 ? { continue: String(from + numbers.length), remainingItemCount: rest } : {},
          columnDefinitions: ["Name", "Ready", "Status", "Node"].map((name) => ({ name })),
          rows: numbers.map((at) => ({
            cells: [`p-${at}`, "0/2", "Pending", at === 0 ? "<none>" : "n"],
            object: { metadata: { name: `p-${at}`, namespace: "team-a" } },
          })),
        },
      };
    });
    try {
      return await work(cluster, asked);
    } finally {
      await cluster.stop();
    }
  }

  it("is read page by page, with the node and the containers of each pod", async () => {
    await withPods(7, async ({ client }, asked) => {
      const found = await takeCensus(client, { page: 3 });
      assert.equal(found.pods?.length, 7);
      assert.deepEqual(found.pods?.[0], { namespace: "team-a", name: "p-0", annotations: {}, node: "", containers: 2 });
      assert.equal(found.pods?.[1]?.node, "n");
      assert.deepEqual(found.nodes, [{ name: "n", labels: { "kubernetes.io/arch": "arm64" } }]);
      assert.deepEqual([found.podsLeftOut, found.refusals], [0, []]);
      assert.equal(asked.filter((path) => path.startsWith("/api/v1/pods")).length, 3);
    });
  });

  it("ends at its limit and says how many it left out; then no figure counts as zero", async () => {
    await withPods(50, async ({ client }, asked) => {
      const found = await takeCensus(client, { page: 10, pods: 20 });
      assert.deepEqual([found.pods?.length, found.podsLeftOut], [20, 30]);
      assert.equal(asked.filter((path) => path.startsWith("/api/v1/pods")).length, 2);
      const lines = matchReport(settingsOf({ nodeSelector: ".*" }), found, undefined);
      assert.match(lines[0] ?? "", /30 or more pods were not looked at/);
    });
    await withPods(50, async ({ client }) => {
      const { pods, podsLeftOut } = await takeCensus(client, { page: 10, time: -1 });
      assert.deepEqual([pods?.length, podsLeftOut], [10, 40]);
    });
  });

  it("takes whole pods from a server that makes no tables, and a part if the list expires meanwhile", async () => {
    let pages = 0;
    const cluster = await FakeCluster.start((_, url) => {
      if (url.pathname !== "/api/v1/pods") return { body: { items: [] } };
      if (++pages > 1) return { status: 410, body: { message: "expired" } };
      const item = { metadata: { name: "p", namespace: "x" }, spec: { nodeName: "n", containers: [{}, {}] } };
      return { body: { items: [item], metadata: { continue: "1" } } };
    });
    const found = await takeCensus(cluster.client);
    await cluster.stop();
    assert.deepEqual(found.pods, [{ namespace: "x", name: "p", node: "n", annotations: {}, containers: 2 }]);
    assert.equal(found.podsLeftOut, 1);
  });

  it("that may not be taken is one line, and never fails a preview", async () => {
    const message = "pods is forbidden: User cannot list";
    const refusing = await FakeCluster.start(() => ({ status: 403, body: { message } }));
    const lines = await whatWouldMatch({ settings: settingsOf(), cluster: refusing.client });
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? "",
      /^could not look what the settings match \(no right to list namespaces, nodes, pods\)$/,
    );
    assert.deepEqual(
      await whatWouldMatch({ settings: settingsOf({ logs: { enabled: false } }), cluster: refusing.client }),
      [],
    );
    await refusing.stop();
    const away = await whatWouldMatch({ settings: settingsOf(), cluster: refusing.client });
    assert.match(away.join("\n"), /^could not look what the settings match \(.*(ECONNREFUSED|socket hang up)/);
  });

  it("is compared with the ConfigMap and the DaemonSet that are there", async () => {
    const before = settingsOf({ nodeSelector: "n$" });
    const cluster = await FakeCluster.start((_, url) => {
      if (url.pathname.endsWith("/configmaps/alloy-config"))
        return { body: { data: { "config.alloy": composePipeline(before).text } } };
      if (url.pathname.endsWith("/daemonsets/alloy"))
        return {
          body: {
            spec: {
              template: { spec: { containers: [{ name: "alloy", env: [{ name: "NODE_SELECTOR", value: "n$$" }] }] } },
            },
          },
        };
      if (url.pathname === "/api/v1/pods")
        return {
          body: { items: [{ metadata: { name: "p", namespace: "a" }, spec: { nodeName: "n", containers: [{}] } }] },
        };
      return {
        body: {
          items: [
            {
              metadata: { name: url.pathname === "/api/v1/nodes" ? "n" : "a", labels: { "kubernetes.io/os": "linux" } },
            },
          ],
        },
      };
    });
    const lines = await whatWouldMatch({
      settings: settingsOf({ logs: { includeNamespaces: "b" } }),
      cluster: cluster.client,
    });
    await cluster.stop();
    assert.match(
      lines[0] ?? "",
      /0 of 1 namespace, 0 of 1 pod, 0 containers; what is deployed matches 1 node, 1 namespace, 1 pod/,
    );
    assert.match(lines.join("\n"), /no longer collected: a/);
  });
});
