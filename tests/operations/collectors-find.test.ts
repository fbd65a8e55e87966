import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { collectorsInCluster, collectorsOfNodeAgent, readStates } from "../../operations/collectors/find";
import { FakeCluster } from "../support/fake-cluster";
import { settingsOf } from "../support/settings";

const running = { phase: "Running", containerStatuses: [{ name: "alloy", state: { running: {} } }] };
const crashed = { phase: "Running", containerStatuses: [{ name: "alloy", state: { waiting: {} } }] };

const pod = (name: string, status: object, metadata: object = {}): object => ({
  metadata: { name, namespace: "monitoring", ...metadata },
  spec: { nodeName: `node-of-${name}` },
  status,
});

const pods = [
  pod("up", running),
  pod("pending", { phase: "Pending" }),
  pod("crashed", crashed),
  pod("deleted", running, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
  pod("evicted", { phase: "Failed" }),
];

describe("the collectors of a stack", () => {
  let cluster: FakeCluster;
  const asked: string[] = [];
  before(async () => {
    cluster = await FakeCluster.start((_, url) => {
      asked.push(`${url.pathname}${url.search}`);
      if (url.pathname.endsWith("/pods")) return { body: { items: pods } };
      return { body: "loki_write_sent_entries_total 7\n" };
    });
  });
  after(() => cluster.stop());
  beforeEach(() => void asked.splice(0));

  it("are found by the labels of the DaemonSet's selector, each in its phase; an evicted pod is none", async () => {
    const found = await collectorsInCluster(cluster.client, settingsOf())();
    assert.deepEqual(
      found.map(({ pod: name, node, phase }) => [name, node, phase]),
      [
        ["up", "node-of-up", "running"],
        ["pending", "node-of-pending", "starting"],
        ["crashed", "node-of-crashed", "starting"],
        ["deleted", "node-of-deleted", "ending"],
      ],
    );
    assert.deepEqual(asked, [
      "/api/v1/namespaces/monitoring/pods?labelSelector=app.kubernetes.io%2Fname%3Dalloy%2Capp.kubernetes.io%2Finstance%3Dalloy&limit=500",
    ]);
  });

  it("are asked through the API server if they run, but for those of nodes that are left out", async () => {
    const find = collectorsInCluster(cluster.client, settingsOf());
    assert.deepEqual(
      (await readStates(find)).map(({ node, sent }) => [node, sent]),
      [["node-of-up", 7]],
    );
    assert.deepEqual(asked.slice(1), ["/api/v1/namespaces/monitoring/pods/up:12345/proxy/metrics"]);
    assert.deepEqual(await readStates(find, ["node-of-up"]), []);
  });

  it("are those of the sandbox's node agent, by the same rules", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-collectors-"));
    const statusFile = path.join(folder, "node-agent.json");
    try {
      assert.deepEqual(await collectorsOfNodeAgent(statusFile)(), []);
      const one = { node: "n", phase: "Running", uiUrl: "http://127.0.0.1:1", pid: 1 };
      const told = [
        { ...one, name: "up" },
        { ...one, name: "crashed", pid: undefined },
        { ...one, name: "silent", uiUrl: undefined },
        { ...one, name: "deleted", terminating: true },
        { ...one, name: "done", phase: "Succeeded" },
      ];
      fs.writeFileSync(statusFile, JSON.stringify({ pods: told }));
      assert.deepEqual(
        (await collectorsOfNodeAgent(statusFile)()).map(({ pod: name, phase }) => [name, phase]),
        [
          ["up", "running"],
          ["crashed", "starting"],
          ["silent", "starting"],
          ["deleted", "ending"],
        ],
      );
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
