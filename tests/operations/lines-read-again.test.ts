import assert from "node:assert/strict";

import { nodeFolderOf } from "../../operations/adoption/node-folder";
import { collectedContainers, type LoggingContainer } from "../../operations/collectors/collected-containers";
import { measureLinesReadAgain } from "../../operations/adoption/lines-read-again";
import { FakeCluster } from "../support/fake-cluster";
import { settingsOf } from "../support/settings";

interface PodParts {
  node?: string;
  namespace?: string;
  annotations?: Record<string, string>;
  owner?: string;
  init?: string[];
}

const pod = (name: string, { node = "node-1", namespace = "shop", annotations, owner, init = [] }: PodParts = {}) => ({
  metadata: {
    name,
    namespace,
    ...(annotations && { annotations }),
    ...(owner && { ownerReferences: [{ kind: "DaemonSet", name: "alloy", uid: owner }] }),
  },
  spec: {
    ...(node !== "" && { nodeName: node }),
    containers: [{ name: "main" }],
    initContainers: init.map((container) => ({ name: container })),
  },
});

describe("containers that are read again", () => {
  const read = (pods: ReturnType<typeof pod>[], settings = settingsOf()): string[] =>
    collectedContainers(pods, settings, "old").map(({ pod: name, container }) => `${name}:${container}`);

  it("are those of pods that have a node, their init containers among them", () => {
    assert.deepEqual(read([pod("web", { init: ["prepare"] }), pod("pending", { node: "" })]), [
      "web:prepare",
      "web:main",
    ]);
  });

  it("are without the pods of the DaemonSet that goes, and with those of any other", () => {
    assert.deepEqual(read([pod("alloy-x", { owner: "old" }), pod("exporter-x", { owner: "another" })]), [
      "exporter-x:main",
    ]);
  });

  it("are those that the settings name: nodes, namespaces, no opt-out", () => {
    const pods = [
      pod("a"),
      pod("b", { node: "gpu-1" }),
      pod("c", { namespace: "kube-system" }),
      pod("d", { annotations: { "detectviz.io/collect-logs": "false" } }),
      pod("e", { annotations: { "detectviz.io/collect-logs": "true" } }),
    ];
    assert.deepEqual(read(pods), ["a:main", "b:main", "c:main", "e:main"]);
    assert.deepEqual(read(pods, settingsOf({ nodeSelector: "node-.+" })), ["a:main", "c:main", "e:main"]);
    assert.deepEqual(read(pods, settingsOf({ logs: { excludeNamespaces: "kube-.+" } })), [
      "a:main",
      "b:main",
      "e:main",
    ]);
    assert.deepEqual(read(pods, settingsOf({ logs: { includeNamespaces: "kube-.+" } })), ["c:main"]);
  });
});

describe("the size of what is read again", () => {
  let fake: FakeCluster;
  const asked: URL[] = [];

  before(async () => {
    fake = await FakeCluster.start((_, url) => {
      asked.push(url);
      const status = { forbidden: 403, waiting: 400, gone: 404 }[url.pathname.split("/")[6] ?? ""] ?? 200;
      return { status, body: status === 200 ? "one\ntwo\nthree\n" : {} };
    });
  });
  after(() => fake.stop());

  const named = (name: string): LoggingContainer => ({ namespace: "shop", pod: name, container: "main" });

  it("is the lines and bytes of every container, without what Loki would not take", async () => {
    asked.length = 0;
    const containers = Array.from({ length: 20 }, (_unused, at) => named(`web-${at}`));
    const size = await measureLinesReadAgain(fake.client, containers, settingsOf());
    assert.deepEqual([size.containers, size.lines, size.bytes, size.uncounted], [20, 60, 220, 0]);
    assert.deepEqual([size.window, size.largestLog], ["1h", "10Mi"]);
    assert.equal(new Set(asked.map(({ pathname }) => pathname)).size, 20);
    for (const { searchParams } of asked) {
      const hours = (Date.now() - Date.parse(searchParams.get("sinceTime") ?? "")) / 3_600_000;
      assert.ok(hours >= 1 && hours < 1.1, `since ${hours} h ago`);
    }
  });

  it("takes a container that has not begun, or a pod that has gone, for one without lines", async () => {
    const size = await measureLinesReadAgain(
      fake.client,
      [named("waiting"), named("gone"), named("web")],
      settingsOf(),
    );
    assert.deepEqual([size.lines, size.uncounted], [3, 0]);
  });

  it("says of how many it does not know: not allowed to read, or out of time", async () => {
    const forbidden = await measureLinesReadAgain(fake.client, [named("forbidden"), named("web")], settingsOf());
    assert.deepEqual([forbidden.lines, forbidden.uncounted], [3, 1]);
    assert.match(forbidden.trouble, /pods\/forbidden\/log.*403/);
    const late = await measureLinesReadAgain(fake.client, [named("web"), named("web")], settingsOf(), -1);
    assert.deepEqual([late.containers, late.lines, late.uncounted], [2, 0, 2]);
  });
});

describe("where a DaemonSet keeps its positions", () => {
  const storage = { name: "storage", hostPath: { path: "/var/lib/alloy" } };
  const daemonSet = (args: string[] | undefined, mountPath: string, volume: object = storage) => ({
    spec: {
      template: {
        spec: {
          containers: [{ ...(args && { args }), volumeMounts: [{ name: "storage", mountPath }] }],
          volumes: [volume],
        },
      },
    },
  });

  it("is a folder of the node, by the mount and the flag", () => {
    const at = (...args: string[]) => nodeFolderOf(daemonSet(["run", "/etc/x", ...args], "/data"));
    assert.equal(at("--storage.path=/data"), "/var/lib/alloy");
    assert.equal(at("--storage.path", "/data/alloy"), "/var/lib/alloy/alloy");
    assert.equal(nodeFolderOf(daemonSet(undefined, "/var/lib/alloy")), "/var/lib/alloy/data");
  });

  it("is none where it is in the pod", () => {
    assert.equal(nodeFolderOf(daemonSet(["run", "/etc/x"], "/var/lib/alloy")), undefined);
    assert.equal(nodeFolderOf(daemonSet(["run", "--storage.path=/tmp/alloy"], "/data")), undefined);
    const inMemory = { name: "storage", emptyDir: {} };
    assert.equal(nodeFolderOf(daemonSet(["run", "--storage.path=/data"], "/data", inMemory)), undefined);
  });
});
