import assert from "node:assert/strict";

import type { HelmRecord } from "../../operations/adoption/helm";
import { showToHelm, stripMarks } from "../../operations/adoption/hand-over";
import type { TakenOver } from "../../operations/adoption/objects";
import { forgetRecord, readRecord, recordOf, takenFrom, writeRecord } from "../../operations/adoption/record";
import {
  removeMade,
  restoreDaemonSet,
  restoreImported,
  restoreStrategy,
} from "../../operations/adoption/restore-objects";
import type { KubeObject } from "../../operations/cluster/kubernetes-client";
import type { RecordedResource } from "../../operations/recording/record-program";
import { FakeCluster } from "../support/fake-cluster";

type Body = Record<string, unknown>;

/** An API server that keeps objects by their path, with uids and versions. */
class Store {
  objects = new Map<string, KubeObject>();
  asked: string[] = [];
  private count = 0;

  answer(method: string, { pathname }: URL, body: Body): { status?: number; body?: unknown } {
    this.asked.push(`${method} ${pathname}`);
    const there = this.objects.get(pathname);
    if (method === "POST") {
      const object = body as unknown as KubeObject;
      const path = `${pathname}/${object.metadata.name}`;
      if (this.objects.has(path)) return { status: 409, body: {} };
      return { body: this.put(path, object) };
    }
    if (there === undefined) return { status: 404, body: {} };
    if (method === "PUT") {
      const object = body as unknown as KubeObject;
      if (object.metadata.resourceVersion !== there.metadata.resourceVersion) return { status: 409, body: {} };
      return { body: this.put(pathname, object) };
    }
    if (method === "DELETE") {
      const { preconditions } = body as { preconditions?: { uid?: string } };
      if (preconditions?.uid !== undefined && preconditions.uid !== there.metadata.uid)
        return { status: 409, body: {} };
      this.objects.delete(pathname);
    }
    if (method === "PATCH") {
      const patched = Array.isArray(body)
        ? this.replaced(there, body as { path: string; value: unknown }[])
        : merged(there, body);
      return { body: this.put(pathname, patched as KubeObject) };
    }
    return { body: there };
  }

  put(path: string, object: KubeObject): KubeObject {
    this.count += 1;
    const uid = this.objects.get(path)?.metadata.uid ?? `uid-${this.count}`;
    const kept = { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(this.count) } };
    this.objects.set(path, kept);
    return kept;
  }

  private replaced(object: KubeObject, patch: readonly { path: string; value: unknown }[]): KubeObject {
    assert.deepEqual(
      patch.map(({ path }) => path),
      ["/spec/updateStrategy"],
    );
    return { ...object, spec: { ...(object["spec"] as object), updateStrategy: patch[0]?.value } };
  }
}

/** RFC 7396. */
function merged(target: Body, patch: Body): Body {
  const result = { ...target };
  for (const [key, value] of Object.entries(patch))
    if (value === null) delete result[key];
    else
      result[key] =
        typeof value === "object" && !Array.isArray(value) ? merged((target[key] ?? {}) as Body, value as Body) : value;
  return result;
}

const rbac = "/apis/rbac.authorization.k8s.io/v1";
const rolePath = `${rbac}/clusterroles/alloy`;
const setPath = "/apis/apps/v1/namespaces/monitoring/daemonsets/alloy";

const resource = (
  name: string,
  apiVersion: string,
  kind: string,
  namespace?: string,
  called = "alloy",
): RecordedResource =>
  ({
    ...{ name, type: `kubernetes:x/v1:${kind}`, custom: true, read: false },
    inputs: { apiVersion, kind, metadata: { name: called, ...(namespace && { namespace }) } },
  }) as unknown as RecordedResource;

const resources = [
  resource("role", "rbac.authorization.k8s.io/v1", "ClusterRole"),
  resource("set", "apps/v1", "DaemonSet", "monitoring"),
  resource("config", "v1", "ConfigMap", "monitoring", "alloy-config"),
];

const oldRole: KubeObject = {
  ...{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", rules: [{ verbs: ["get"] }] },
  metadata: {
    ...{ name: "alloy", uid: "role", resourceVersion: "1" },
    annotations: { "meta.helm.sh/release-name": "alloy", mine: "yes" },
    labels: { "helm.sh/chart": "alloy-1", team: "a" },
    managedFields: [{ manager: "helm", operation: "Update" }],
  },
};

const oldSet: KubeObject = {
  ...{ apiVersion: "apps/v1", kind: "DaemonSet", status: { numberReady: 3 } },
  metadata: {
    name: "alloy",
    namespace: "monitoring",
    uid: "old",
    resourceVersion: "1",
    generation: 4,
    managedFields: [{ manager: "helm" }],
  },
  spec: { updateStrategy: { type: "OnDelete" }, template: {} },
};

const takenOver: TakenOver[] = [
  { resource: resources[0] as RecordedResource, live: oldRole, how: "import" },
  { resource: resources[1] as RecordedResource, live: oldSet, how: "hand over" },
];

const setAside: HelmRecord[] = [
  {
    kind: "Secret",
    namespace: "monitoring",
    object: "sh.helm.release.v1.alloy.v1",
    release: "alloy",
    revision: 1,
    holds: [],
  },
];

const record = recordOf(
  "staging",
  { takenOver, setAside },
  resources,
  new Map([["before", "urn"]]),
  "2026-01-01T00:00:00Z",
);

describe("the way back of an adoption", () => {
  let fake: FakeCluster;
  let store: Store;

  before(async () => {
    fake = await FakeCluster.start((method, url, body) => store.answer(method, url, body));
  });
  after(() => fake.stop());
  beforeEach(() => {
    store = new Store();
  });

  it("is kept in a Secret, read again whole, and written over", async () => {
    assert.equal(await readRecord(fake.client, "monitoring"), undefined);
    await writeRecord(fake.client, "monitoring", record);
    await writeRecord(fake.client, "monitoring", { ...record, phase: "released" });
    assert.deepEqual(await readRecord(fake.client, "monitoring"), { ...record, phase: "released" });
    assert.equal(await forgetRecord(fake.client, "monitoring"), true);
    assert.equal(await forgetRecord(fake.client, "monitoring"), false);
  });

  it("names what was there and what is made, and finds what the program declares by now", () => {
    assert.deepEqual(record.made, ["/api/v1/namespaces/monitoring/configmaps/alloy-config"]);
    assert.deepEqual(record.inState, ["before"]);
    assert.deepEqual(takenFrom(record, resources), takenOver);
    assert.deepEqual(takenFrom(record, []), []);
  });

  it("is refused as a record if somebody else's Secret has its name", async () => {
    store.put("/api/v1/namespaces/monitoring/secrets/alloy-adoption", { metadata: { name: "alloy-adoption" } });
    await assert.rejects(readRecord(fake.client, "monitoring"), /this is no record of an adoption/);
  });

  it("gives what was imported its old content back, and makes anew what is gone", async () => {
    const { uid } = store.put(rolePath, {
      ...oldRole,
      rules: [],
      metadata: { name: "alloy", labels: { ours: "yes" } },
    }).metadata;
    await restoreImported(fake.client, record);
    const role = store.objects.get(rolePath);
    assert.deepEqual(role?.["rules"], oldRole["rules"]);
    assert.deepEqual(role?.metadata.labels, oldRole.metadata.labels);
    assert.deepEqual(role?.metadata.managedFields, oldRole.metadata.managedFields);
    assert.equal(role?.metadata.uid, uid);
    store.objects.delete(rolePath);
    await restoreImported(fake.client, record);
    assert.deepEqual(store.objects.get(rolePath)?.["rules"], oldRole["rules"]);
  });

  it("makes the old DaemonSet anew so that it replaces pods, then gives it its own strategy back", async () => {
    await restoreDaemonSet(fake.client, oldSet);
    const made = store.objects.get(setPath);
    assert.deepEqual((made?.["spec"] as Body)["updateStrategy"], { type: "RollingUpdate" });
    assert.deepEqual(
      [made?.["status"], made?.metadata.generation, made?.metadata.managedFields],
      [undefined, undefined, undefined],
    );
    await restoreStrategy(fake.client, oldSet);
    assert.deepEqual((store.objects.get(setPath)?.["spec"] as Body)["updateStrategy"], { type: "OnDelete" });
    const again = await restoreDaemonSet(fake.client, oldSet);
    assert.equal(again.metadata.uid, made?.metadata.uid);
  });

  it("deletes what was made, and leaves what somebody else has put there", async () => {
    const [path = ""] = record.made;
    await removeMade(fake.client, record);
    store.put(path, { metadata: { name: "alloy-config", labels: { "app.kubernetes.io/part-of": "shop" } } });
    await removeMade(fake.client, record);
    assert.ok(store.objects.has(path));
    store.put(path, { metadata: { name: "alloy-config", labels: { "app.kubernetes.io/part-of": "detectviz" } } });
    await removeMade(fake.client, record);
    assert.ok(!store.objects.has(path));
  });

  it("hides a release's record from Helm and shows it again; one that is gone stays gone", async () => {
    const path = "/api/v1/namespaces/monitoring/secrets/sh.helm.release.v1.alloy.v1";
    await showToHelm(fake.client, setAside, false);
    store.put(path, { metadata: { name: "sh.helm.release.v1.alloy.v1", labels: { owner: "helm", name: "alloy" } } });
    await showToHelm(fake.client, setAside, false);
    assert.deepEqual(store.objects.get(path)?.metadata.labels, {
      name: "alloy",
      "detectviz.io/set-aside-from": "helm",
    });
    await showToHelm(fake.client, setAside, true);
    assert.deepEqual(store.objects.get(path)?.metadata.labels, { name: "alloy", owner: "helm" });
  });

  it("takes marks off what is imported, and off nothing else", async () => {
    store.put(rolePath, oldRole);
    store.put(setPath, oldSet);
    await stripMarks(fake.client, { takenOver });
    assert.deepEqual(store.objects.get(rolePath)?.metadata.annotations, { mine: "yes" });
    assert.deepEqual(store.objects.get(rolePath)?.metadata.labels, { team: "a" });
    assert.deepEqual(
      store.asked.filter((one) => one.startsWith("PATCH")),
      [`PATCH ${rolePath}`],
    );
  });
});
