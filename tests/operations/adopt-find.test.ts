import assert from "node:assert/strict";

import { findObjects, type FoundCluster } from "../../operations/adoption/find-objects";
import { workloadKinds } from "../../operations/adoption/workloads";
import type { RecordedResource } from "../../operations/recording/record-program";
import { FakeCluster } from "../support/fake-cluster";
import { settingsOf } from "../support/settings";

type Answers = Record<string, object[] | object | number>;

const resources = [
  ["ServiceAccount", "v1"],
  ["DaemonSet", "apps/v1"],
].map(([kind, apiVersion]) => ({
  ...{ type: `kubernetes:x:${kind}`, custom: true, read: false, name: kind },
  inputs: { apiVersion, kind, metadata: { name: "alloy", namespace: "monitoring" } },
})) as unknown as RecordedResource[];

/** Lists that every cluster has. */
const builtIn = [
  ...workloadKinds.map(({ path }) => path as string),
  ...["clusterrolebindings", "rolebindings"].map((kind) => `/apis/rbac.authorization.k8s.io/v1/${kind}`),
  ...["secrets", "configmaps", "services"].map((kind) => `/api/v1/namespaces/monitoring/${kind}`),
];

/** Reads a cluster with these answers by path, its pods in pages of two; before the first of these pages the list expires. */
async function find(answers: Answers, expires: string[] = []): Promise<FoundCluster> {
  const left = [...expires];
  const fake = await FakeCluster.start((_, { pathname, searchParams }) => {
    const found = answers[pathname] ?? (builtIn.includes(pathname) ? [] : undefined);
    if (typeof found === "number") return { status: found, body: { message: "refused" } };
    if (!Array.isArray(found)) return found === undefined ? { status: 404 } : { body: found };
    const at = searchParams.get("continue") ?? "0";
    if (left[0] === at && left.shift() !== undefined) return { status: 410, body: { metadata: { continue: at } } };
    const to = Number(at) + 2;
    const metadata = to < found.length ? { continue: String(to) } : {};
    return { body: { metadata, items: found.slice(Number(at), to) } };
  });
  try {
    return await findObjects(fake.client, settingsOf(), resources);
  } finally {
    await fake.stop();
  }
}

const pod = (
  name: string,
  more: { namespace?: string; image?: string; owner?: string; node?: string } = {},
): object => {
  const { namespace = "shop", image = "shop:1", owner, node = "node-1" } = more;
  return {
    metadata: {
      ...{ name, namespace, uid: `uid-${name}`, annotations: { much: "x".repeat(1_000) } },
      ...(owner && { ownerReferences: [{ kind: "DaemonSet", name: "alloy", uid: owner, controller: true }] }),
    },
    spec: {
      nodeName: node,
      containers: [{ name: "main", image }],
      volumes: [{ name: "c", configMap: { name: "config" } }],
    },
    status: { phase: "Running" },
  };
};

const daemonSet = {
  metadata: { name: "alloy", namespace: "monitoring", uid: "old" },
  spec: { template: { spec: {} } },
};
const everyPod = [
  pod("web"),
  pod("alloy-a", { namespace: "monitoring", image: "grafana/alloy:v1", owner: "old" }),
  pod("alloy-b", { namespace: "monitoring", image: "grafana/alloy:v1", owner: "old", node: "node-2" }),
  pod("api"),
  pod("traces", { namespace: "tracing", image: "grafana/alloy:v1" }),
];

describe("what an adoption reads of a cluster", () => {
  const cluster: Answers = {
    "/apis/apps/v1/namespaces/monitoring/daemonsets/alloy": daemonSet,
    "/apis/apps/v1/daemonsets": [],
    "/api/v1/pods": everyPod,
    "/api/v1/namespaces/tracing/configmaps/config": {
      metadata: { name: "config" },
      data: { "config.alloy": "otelcol" },
    },
  };

  for (const expires of [[], ["4"], ["2", "4"]])
    it(`is each pod once, and the nodes with old ones; expired before page ${expires.join(", ") || "none"}`, async () => {
      const found = await find(cluster, expires);
      assert.deepEqual(
        found.pods.map(({ metadata }) => metadata?.name),
        ["web", "alloy-a", "alloy-b", "api", "traces"],
      );
      assert.doesNotMatch(JSON.stringify(found.pods), /xxx/, "more is kept of a pod than what is counted");
      assert.deepEqual(found.oldNodes, ["node-1", "node-2"]);
      assert.deepEqual(
        found.workloads.map(({ name }) => name),
        ["alloy-a", "alloy-b", "traces"],
      );
      assert.deepEqual([...found.configs], [["uid-traces", "otelcol"]]);
      assert.deepEqual(found.unseen, []);
    });

  it("names what nobody may list, and reads the rest", async () => {
    const found = await find({
      ...cluster,
      "/apis/apps/v1/statefulsets": 403,
      "/apis/rbac.authorization.k8s.io/v1/rolebindings": 403,
    });
    assert.match(
      found.unseen.join("\n"),
      /^StatefulSets of the whole cluster \(.*403.*\n.*RoleBindings of the whole cluster \(/,
    );
    assert.equal(found.pods.length, everyPod.length);
  });

  it("is an error where the server fails: nobody may take that for an empty cluster", async () => {
    await assert.rejects(find({ ...cluster, "/apis/apps/v1/statefulsets": 500 }), /500/);
  });

  it("is Helm's record of a release that an object names, or nothing known if that may not be listed", async () => {
    const annotations = { "meta.helm.sh/release-name": "alloy", "meta.helm.sh/release-namespace": "monitoring" };
    const marked = { ...daemonSet, metadata: { ...daemonSet.metadata, annotations } };
    const record = {
      metadata: {
        name: "sh.helm.release.v1.alloy.v3",
        namespace: "monitoring",
        labels: { name: "alloy", version: "3" },
      },
    };
    const of = { ...cluster, "/apis/apps/v1/namespaces/monitoring/daemonsets/alloy": marked };
    const secrets = "/api/v1/namespaces/monitoring/secrets";
    assert.deepEqual(
      (await find({ ...of, [secrets]: [record] })).helmRecords?.map(({ revision }) => revision),
      [3],
    );
    assert.equal((await find({ ...of, [secrets]: 403 })).helmRecords, undefined);
    assert.deepEqual((await find(of)).helmRecords, []);
  });

  it("is the Flux object that a mark names, in whatever version the cluster has", async () => {
    const labels = {
      "kustomize.toolkit.fluxcd.io/name": "apps",
      "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    };
    const marked = { ...daemonSet, metadata: { ...daemonSet.metadata, labels } };
    const holder = { metadata: { name: "apps", namespace: "flux-system" } };
    const found = await find({
      ...cluster,
      "/apis/apps/v1/namespaces/monitoring/daemonsets/alloy": marked,
      "/apis/kustomize.toolkit.fluxcd.io/v1beta2/namespaces/flux-system/kustomizations/apps": holder,
    });
    assert.deepEqual(
      found.holders.flux.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
      ["Kustomization apps"],
    );
  });
});
