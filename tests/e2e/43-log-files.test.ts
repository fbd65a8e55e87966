import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { countLines, queryRange } from "../../packages/sandbox/servers/loki";
import { ContainerLog, containerLogFile } from "../../packages/sandbox/workload/cri-log";
import { changeConfig } from "./support/config";
import { atRest } from "./support/load";
import { makeNamespaces, PlayedPod, removeNamespaces } from "./support/pods";
import { withDescendants } from "./support/proc";
import { collectorPods, collectorSelector, sandbox, stackObjects, type LiveObject } from "./support/sandbox";

const namespace = "log-files";
const hash = "9f86d081884c7d659a2feaa0c55ad015";
const selector = (app: string): string => `{namespace="${namespace}", app="${app}"}`;

interface Role extends LiveObject {
  rules: { resources: string[]; verbs: string[] }[];
}

async function found(app: string): Promise<number> {
  const { loki } = await sandbox().servers();
  return countLines(loki, "local", selector(app));
}

/** Waits for so many lines, and looks once more later: a line that came twice would be one more. */
async function arrives(app: string, lines: number): Promise<void> {
  await waitUntil(
    `${lines} lines of ${app} are in Loki`,
    async () => {
      const count = await found(app);
      return count >= lines || `${count} so far`;
    },
    { timeoutMs: 90_000, intervalMs: 500 },
  );
  await atRest();
  assert.equal(await found(app), lines);
}

const lines = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_unused, at) => `line=${String(from + at).padStart(4, "0")}`);

const up = (): ReturnType<ReturnType<typeof sandbox>["npm"]> => sandbox().npm("up", ["local", "--yes"]);

/** Where the DaemonSet's pods may run: nowhere, or on every node again. */
async function schedule(where: Record<string, string | null>): Promise<void> {
  await sandbox().api.request("PATCH", stackObjects.DaemonSet, {
    body: { spec: { template: { spec: { nodeSelector: where } } } },
    type: "application/merge-patch+json",
  });
}

describe("lines from files", () => {
  const pods = new Map<string, PlayedPod>();
  let putBack: (() => Promise<void>) | undefined;
  let staticLog: ContainerLog | undefined;
  const pod = (name: string): PlayedPod => pods.get(name) ?? assert.fail(name);

  before(async () => {
    await makeNamespaces([namespace]);
    const add = async (name: string, at: number, annotations = {}): Promise<PlayedPod> => {
      const labels = { "app.kubernetes.io/name": name, "app.kubernetes.io/component": "web" };
      const made = await PlayedPod.create({ namespace, name, node: nodeNames[at] ?? "", labels, annotations });
      pods.set(name, made);
      return made;
    };
    await add("orders", 0);
    await add("rotated", 1);
    await add("closed", 2);
    const mirror = await add("static", 2, { "kubernetes.io/config.hash": hash });
    staticLog = new ContainerLog(containerLogFile(sandbox().paths, { ...mirror.place, uid: hash }, "app"));
    pod("orders").write(...lines(0, 100));
    await arrives("orders", 100);
  });

  after(async () => {
    for (const one of pods.values()) one.close();
    staticLog?.close();
    await removeNamespaces([namespace]);
    await putBack?.();
    const result = await sandbox().npm("up", ["local", "--yes", "--force"]);
    assert.equal(result.exitCode, 0, result.output);
  });

  it("are announced before they are read again", async () => {
    putBack = await changeConfig([
      [["alloy:logs"], { source: "files" }],
      [["alloy:rollout"], { timeout: "2m", maxUnavailable: "100%" }],
    ]);
    const result = await up();
    assert.equal(result.exitCode, 0, result.output);
    assert.match(
      result.output,
      /up to \d+ containers will be read again .*: loki\.source\.file\.pods replaces loki\.source\.kubernetes\.pods/,
    );
  });

  it("are the same lines: what was read through the API before is stored once, in the same streams", async () => {
    pod("orders").write(...lines(100, 200));
    await arrives("orders", 200);
    const { loki } = await sandbox().servers();
    const streams = await queryRange(loki, "local", selector("orders"), { limit: 1_000 });
    // Loki answers with a line's metadata among its labels.
    const labels = new Set(streams.map((stream) => JSON.stringify(Object.entries(stream.labels).sort())));
    assert.deepEqual(
      [...labels].map((one) => Object.fromEntries(JSON.parse(one) as [string, string][])),
      [
        {
          app: "orders",
          cluster: "detectviz-local",
          component: "web",
          container: "app",
          job: `${namespace}/app`,
          namespace,
          node: nodeNames[0],
          pod: "orders",
          ...Object.fromEntries(
            Object.entries(streams[0]?.labels ?? {}).filter(([name]) => /^(service_name|detected_level)$/.test(name)),
          ),
        },
      ],
    );
    assert.equal(streams.flatMap((stream) => stream.lines).length, 200);
  });

  it("need no right to read logs through the API", async () => {
    const { rules } = await sandbox().get<Role>(stackObjects.ClusterRole);
    assert.deepEqual(
      rules.flatMap(({ resources, verbs }) => resources.map((one) => `${one}: ${verbs.join(" ")}`)),
      ["nodes: list watch", "pods: list watch", "services: list watch"],
    );
  });

  it("are read by an ordinary user of group 0, without a capability and without a way to write", async () => {
    const { pods: running, isolation } = await sandbox().agent();
    const file = containerLogFile(sandbox().paths, pod("orders").place, "app");
    const stat = await fs.stat(file);
    assert.equal((stat.mode & 0o777).toString(8), "640");
    const collectors = running.filter(({ node }) => node === nodeNames[0]);
    assert.equal(collectors.length, 1);
    const found: string[] = [];
    for (const pid of await withDescendants(collectors.flatMap(({ pid: one }) => one ?? []))) {
      if ((await fs.readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim() !== "alloy") continue;
      const status = await fs.readFile(`/proc/${pid}/status`, "utf8");
      const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1]?.trim() ?? "";
      found.push(field("CapEff"));
      const mounts = await fs.readFile(`/proc/${pid}/mountinfo`, "utf8");
      const logs = mounts.split("\n").filter((line) => line.split(" ")[4] === "/var/log/pods");
      assert.equal(logs.length, 1);
      assert.match(logs[0]?.split(" ")[5] ?? "", /^ro\b/);
      if (isolation !== "real-ids") continue;
      assert.deepEqual(field("Uid").split(/\s+/), ["473", "473", "473", "473"]);
      assert.deepEqual(field("Gid").split(/\s+/), ["473", "473", "473", "473"]);
      assert.ok(field("Groups").split(/\s+/).includes("0"), field("Groups"));
      assert.deepEqual([stat.uid, stat.gid], [0, 0]);
    }
    assert.deepEqual(found, ["0000000000000000"]);
  });

  it("are not read where the runtime lets nobody of the group, and the collector says which file it is", async () => {
    const { isolation, pods: running } = await sandbox().agent();
    // As conmon before 2.1.13 makes it. In a user namespace all files are the user's own.
    if (isolation !== "real-ids") return;
    const file = containerLogFile(sandbox().paths, pod("closed").place, "app");
    await fs.rm(file);
    await fs.writeFile(file, "", { mode: 0o600 });
    pods.set("closed", await PlayedPod.play(pod("closed").place, ["app"]));
    pod("closed").write(...lines(0, 10));
    const log = running.find(({ node }) => node === nodeNames[2])?.log ?? "";
    await waitUntil(
      "the collector says so",
      async () =>
        (await fs.readFile(log, "utf8"))
          .split("\n")
          .some((line) => line.includes("_closed_") && line.includes("permission denied")),
      { timeoutMs: 60_000 },
    );
    assert.equal(await found("closed"), 0);
  });

  it("are those of static pods, too, whose folder has another name", async () => {
    staticLog?.write("stdout", lines(0, 30));
    await arrives("static", 30);
  });

  it("all arrive while the kubelet rotates the file", async () => {
    for (const at of [0, 1, 2, 3]) {
      pod("rotated").write(...lines(at * 100, at * 100 + 100));
      // Alloy looks every 250 ms; a kubelet rotates every 10 s at most.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      if (at < 3) pod("rotated").rotate();
    }
    await arrives("rotated", 400);
  });

  it("all arrive of a file that took a rotated one's place while no collector ran", async () => {
    const place = pod("rotated").place;
    await atRest();
    // Positions are saved every 10 s, and a file's is taken as often.
    const old = (await sandbox().agent()).pods.map(({ uid }) => uid);
    await schedule({ nowhere: "true" });
    await waitUntil("no collector runs", async () => (await sandbox().agent()).pods.length === 0, {
      timeoutMs: 120_000,
    });
    pod("rotated").rotate();
    // Shorter than the one before: Alloy by itself would begin at its end.
    pod("rotated").write(...lines(400, 450));
    await schedule({ nowhere: null });
    await sandbox().newCollectors(old);
    pod("rotated").write(...lines(450, 460));
    await arrives("rotated", 460);
    const { items } = await sandbox().get<{ items: LiveObject[] }>(
      `${collectorPods}?labelSelector=${collectorSelector}`,
    );
    assert.equal(items.length, nodeNames.length);
    const file = containerLogFile(sandbox().paths, place, "app");
    assert.deepEqual((await fs.readdir(path.dirname(file))).filter((name) => name === "0.log").length, 1);
  });

  it("all arrive of a container that started again, which has a file of its own", async () => {
    const first = containerLogFile(sandbox().paths, pod("orders").place, "app");
    const second = new ContainerLog(path.join(path.dirname(first), "1.log"));
    second.write("stdout", lines(200, 250));
    await arrives("orders", 250);
    second.close();
  });
});
