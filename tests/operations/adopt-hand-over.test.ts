import assert from "node:assert/strict";

import { leftBehind, letGo } from "../../operations/adoption/hand-over";
import type { TakenOver } from "../../operations/adoption/objects";
import type { KubeObject } from "../../operations/cluster/kubernetes-client";
import { FakeCluster } from "../support/fake-cluster";

type Pod = KubeObject & { spec: { nodeName: string } };

const pod = (uid: string, owner: string | undefined, labels: Record<string, string> = {}): Pod => ({
  metadata: {
    name: `alloy-${uid}`,
    namespace: "monitoring",
    uid,
    labels,
    ...(owner && { ownerReferences: [{ kind: "DaemonSet", name: "alloy", uid: owner }] }),
  },
  spec: { nodeName: `node-${uid}` },
});

/** Of the API server, what a hand-over asks for. */
class Cluster {
  daemonSet = true;
  readonly asked: string[] = [];
  deletion: unknown;

  constructor(readonly pods: Pod[]) {}

  answer(method: string, place: string, body: Record<string, unknown>): object | undefined {
    this.asked.push(`${method} ${place.split("/").at(-1)?.split("?")[0] ?? ""}`);
    if (method === "GET" && place.includes("/pods?labelSelector=")) return { items: this.pods };
    if (method === "PATCH") {
      const named = this.pods.find(({ metadata }) => place.endsWith(`/pods/${metadata.name}`));
      const { uid, labels = {} } = body["metadata"] as { uid?: string; labels?: Record<string, null> };
      assert.ok(named && uid === named.metadata.uid, `${place}: the patch is not bound to the pod that was seen`);
      for (const label of Object.keys(labels)) delete named.metadata.labels?.[label];
      return named;
    }
    if (!this.daemonSet) return undefined;
    if (method === "DELETE") {
      this.deletion = body;
      this.daemonSet = false;
      for (const { metadata } of this.pods)
        if (metadata.ownerReferences?.[0]?.uid === "old") delete metadata.ownerReferences;
    }
    return { metadata: { name: "alloy", uid: "old" } };
  }
}

describe("handing the pods of a DaemonSet over", () => {
  let fake: FakeCluster;
  let cluster: Cluster;

  const handOver = {
    how: "hand over",
    live: { metadata: { name: "alloy", namespace: "monitoring", uid: "old" } },
    resource: { inputs: { apiVersion: "apps/v1", kind: "DaemonSet" } },
  } as unknown as TakenOver;
  const plan = { takenOver: [handOver] };

  before(async () => {
    fake = await FakeCluster.start((method, url, sent) => {
      const body = cluster.answer(method, url.pathname + url.search, sent);
      return { status: body === undefined ? 404 : 200, body };
    });
  });
  after(() => fake.stop());

  const generation = { "pod-template-generation": "1", "controller-revision-hash": "abc" };

  it("leaves the pods, without the generation by which the next DaemonSet would take them for its newest", async () => {
    cluster = new Cluster([pod("1", "old", { ...generation }), pod("2", "old", { ...generation })]);
    const pods = await letGo(fake.client, plan);
    assert.deepEqual(
      pods.map(({ uid, node }) => [uid, node]),
      [
        ["1", "node-1"],
        ["2", "node-2"],
      ],
    );
    for (const { metadata } of cluster.pods) assert.deepEqual(metadata.labels, { "controller-revision-hash": "abc" });
    assert.deepEqual(cluster.deletion, { propagationPolicy: "Orphan", preconditions: { uid: "old" } });
    const deleted = cluster.asked.indexOf("DELETE alloy");
    assert.ok(cluster.asked.lastIndexOf("PATCH alloy-2") < deleted, cluster.asked.join(", "));
    assert.ok(cluster.asked.lastIndexOf("GET pods") > deleted, "nobody looked at pods that came meanwhile");
  });

  it("does not touch another one's pods, though they have the same labels", async () => {
    const labels = { ...generation };
    cluster = new Cluster([pod("1", "old", { ...generation }), pod("9", "another", labels)]);
    const pods = await letGo(fake.client, plan);
    assert.deepEqual(
      pods.map(({ uid }) => uid),
      ["1"],
    );
    assert.deepEqual(labels, generation);
  });

  it("says which of the old pods are left, and takes none that ends for one of them", async () => {
    const ending = pod("2", "new");
    ending.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
    cluster = new Cluster([pod("1", "new"), ending, pod("3", "new")]);
    const old = ["1", "2"].map((uid) => ({ uid, name: `alloy-${uid}`, node: `node-${uid}` }));
    assert.deepEqual(
      (await leftBehind(fake.client, "monitoring", old)).map(({ node }) => node),
      ["node-1"],
    );
  });
});
