import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { HostStorage } from "../../packages/sandbox/node-agent/host-storage";
import { listProcesses } from "../../packages/sandbox/process/processes";
import { collectorUid } from "../../settings/names";
import { listenersOf, mountOptions, statusFields, withDescendants } from "./support/proc";
import { collectorPods, collectorSelector, sandbox } from "./support/sandbox";
import { claimsOf } from "./support/summary";

interface InitStatus {
  name: string;
  state: { terminated?: { exitCode: number; startedAt: string; finishedAt: string } };
}

describe("npm start", () => {
  it("deploys the stack and proves that its lines arrive", () => {
    const { output } = sandbox().firstStart;
    const claims = claimsOf(output);
    assert.deepEqual(
      claims.map(({ claim }) => claim),
      [
        "every line was sent once",
        "every line of the workload is in Loki",
        "the streams' labels are namespace, app, component, job, cluster, node",
        "each collector reads its own node's pods only",
        "pod and container are beside the line, as structured metadata",
        'node_memory_MemTotal_bytes{cluster="detectviz-local"} of every node is in Prometheus',
      ],
    );
    assert.deepEqual(
      claims.filter(({ holds }) => !holds),
      [],
    );
    assert.match(output, /policies passed: alloy@v\d/);
    assert.match(output, /tenant local: app=\S+ .*cluster=detectviz-local .*pod=/);
    for (const node of nodeNames) assert.match(output, new RegExp(`Alloy on ${node}: http://127\\.0\\.0\\.1:\\d+`));
    for (const server of ["Loki", "Prometheus"])
      assert.match(output, new RegExp(`^ *${server}: http://127\\.0\\.0\\.1:\\d+`, "m"));
  });

  it("creates everything in an empty sandbox", function () {
    // One that ALLOY_E2E_SANDBOX names may be from an earlier run, and have everything.
    if (sandbox().kept) return this.skip();
    assert.match(sandbox().firstStart.output, /stack local: \d+ created$/m);
  });

  // Such a shell has the sandbox's links in front of PATH, and its backend and tokens in the environment.
  it("changes nothing when it is typed again in a shell with sandbox:env, and says so", async () => {
    const before = await sandbox().deployed();
    assert.equal(Object.keys(before).length, 9);
    const again = await sandbox().shell("npm start");
    assert.equal(again.exitCode, 0, again.output);
    assert.match(again.output, /stack local: no changes, [1-9]\d* resources as they were/);
    assert.ok(claimsOf(again.output).every(({ holds }) => holds));
    assert.deepEqual(await sandbox().deployed(), before);
  });
});

describe("the sandbox's processes", () => {
  it("listen on 127.0.0.1 alone", async () => {
    const records = await listProcesses(sandbox().paths);
    const pids = await withDescendants(records.map(({ pid }) => pid));
    const listeners = await listenersOf(pids);
    const ports = JSON.parse(await fs.readFile(path.join(sandbox().root, "ports.json"), "utf8")) as object;
    const seen = new Set(listeners.map(({ port }) => port));
    assert.deepEqual(
      Object.entries(ports).filter(([, port]) => !seen.has(port as number)),
      [],
      "a port that was settled is not listened on, so the search has not seen everything",
    );
    assert.deepEqual(
      listeners.filter(({ address }) => address !== "127.0.0.1"),
      [],
    );
  });
});

describe("a collector", () => {
  it("is uid 473 without a capability, and cannot gain any", async () => {
    const { pods, isolation } = await sandbox().agent();
    assert.equal(pods.length, nodeNames.length);
    for (const { pid } of pods) {
      assert.ok(pid);
      const status = await statusFields(pid);
      if (isolation === "real-ids") {
        assert.equal(status["Uid"], Array(4).fill(collectorUid).join("\t"));
        assert.equal(status["Gid"], Array(4).fill(collectorUid).join("\t"));
      } else {
        // An ordinary user's box: 473 inside is that user outside.
        const map = (await fs.readFile(`/proc/${pid}/uid_map`, "utf8")).trim().split(/\s+/).map(Number);
        assert.deepEqual(map, [collectorUid, process.getuid?.(), 1]);
      }
      for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) assert.match(status[set] ?? "", /^0+$/);
      assert.equal(status["NoNewPrivs"], "1");
    }
  });

  it("has a root that is read-only and one place that is not", async () => {
    for (const { pid } of (await sandbox().agent()).pods) {
      const mounts = await mountOptions(pid ?? 0);
      assert.ok(mounts.get("/")?.includes("ro"), "the root is writable");
      assert.ok(mounts.get("/var/lib/alloy")?.includes("rw"), "the storage path is not writable");
      const others = ["/etc/alloy", "/var/run/secrets/kubernetes.io/serviceaccount"];
      for (const mount of others) assert.ok(mounts.get(mount)?.includes("ro"), `${mount} is writable`);
    }
  });

  it("got its storage from prepare-storage, which ran before it", async () => {
    const { isolation } = await sandbox().agent();
    const pods = await sandbox().get<{
      items: { spec: { nodeName: string }; status: { initContainerStatuses: InitStatus[] } }[];
    }>(`${collectorPods}?labelSelector=${collectorSelector}`);
    assert.deepEqual(pods.items.map(({ spec }) => spec.nodeName).sort(), [...nodeNames]);
    const storage = new HostStorage(sandbox().paths);
    for (const { spec, status } of pods.items) {
      const [init, ...more] = status.initContainerStatuses;
      assert.deepEqual(more, []);
      assert.equal(init?.name, "prepare-storage");
      assert.equal(init.state.terminated?.exitCode, 0);
      const log = path.join(sandbox().paths.logs, `pod-${spec.nodeName}-prepare-storage.log`);
      assert.match(await fs.readFile(log, "utf8"), /^gave \/var\/lib\/alloy to 473:473$/m);
      const folder = await fs.stat(storage.folder(spec.nodeName, "/var/lib/alloy"));
      if (isolation === "real-ids") assert.deepEqual([folder.uid, folder.gid], [collectorUid, collectorUid]);
      else assert.equal(await storage.owner(spec.nodeName, "/var/lib/alloy"), "473:473");
    }
  });
});
