import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";

import { writeJson } from "../../../kit/files";
import { stopSandbox } from "../start/lifecycle";
import { agentStatusFile, type AgentStatus } from "../node-agent/agent-status";
import type { PodSnapshot } from "../node-agent/pod-snapshot";
import { sandboxPaths, type SandboxPaths } from "../paths";
import { startProcess } from "../process/processes";
import { rate, readStatus } from "../status/read-status";
import { waitUntil } from "../process/waiting";

describe("sandbox:status", () => {
  let paths: SandboxPaths;
  beforeEach(async () => {
    paths = sandboxPaths(await fs.mkdtemp(path.join(os.tmpdir(), "sandbox-status-")));
  });
  afterEach(async () => {
    await stopSandbox(paths);
    await fs.rm(paths.root, { recursive: true, force: true });
  });

  const pod = (changes: Partial<PodSnapshot>): PodSnapshot => ({
    ...{
      namespace: "monitoring",
      name: "alloy-a",
      uid: "u",
      node: "node-1",
      phase: "Running",
      ready: true,
      restarts: 0,
    },
    ...{ terminating: false, lastError: undefined, uiUrl: undefined, listener: undefined, pid: undefined },
    ...{ startTime: undefined, log: path.join(paths.logs, "pod.log"), linesLogged: 0 },
    ...changes,
  });
  async function agentSays(...pods: PodSnapshot[]): Promise<void> {
    const record = await startProcess({ name: "node-agent", command: "/bin/sleep", args: ["60"] }, paths);
    const status: AgentStatus = { pid: record.pid, startedAt: "", isolation: "real-ids", trouble: undefined, pods };
    await writeJson(agentStatusFile(paths), status);
  }

  it("shows the ports of what runs, and the last 20 lines of what has ended", async () => {
    const source =
      'require("net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port); })';
    const server = await startProcess({ name: "server", command: process.execPath, args: ["-e", source] }, paths);
    const ended = await startProcess({ name: "ended", command: "/bin/sh", args: ["-c", "seq 1 30"] }, paths);
    const port = async (): Promise<number> => Number(await fs.readFile(server.log, "utf8"));
    await waitUntil("it listens", async () => (await port()) > 0, { timeoutMs: 10_000 });
    await waitUntil("it has ended", async () => (await fs.readFile(ended.log, "utf8")).includes("30"), {
      timeoutMs: 5_000,
    });
    const { processes } = await readStatus(paths);
    const [first, second] = processes;
    assert.deepEqual([first?.name, first?.running, first?.ports], ["ended", false, []]);
    assert.deepEqual(
      first?.lastLines,
      Array.from({ length: 20 }, (_unused, index) => `${index + 11}`),
    );
    assert.deepEqual([second?.name, second?.running, second?.ports], ["server", true, [await port()]]);
    assert.deepEqual(second?.lastLines, []);
  });

  it("shows a collector that is not ready with its error, its restarts and its last 20 lines", async () => {
    await fs.mkdir(paths.logs);
    const lines = Array.from({ length: 25 }, (_unused, index) => `line ${index}`);
    await fs.writeFile(path.join(paths.logs, "pod.log"), `${lines.join("\n")}\n`);
    await agentSays(pod({ ready: false, restarts: 3, phase: "Pending", lastError: "back-off 20s: exit code 1" }));
    const [shown] = (await readStatus(paths)).pods;
    assert.deepEqual([shown?.ready, shown?.restarts, shown?.phase], [false, 3, "Pending"]);
    assert.equal(shown?.lastError, "back-off 20s: exit code 1");
    assert.deepEqual(shown?.lastLines, lines.slice(5));
    assert.equal(shown?.linesPerSecond, undefined);
  });

  it("shows lines a second and drops of one that is", async () => {
    let sent = 100;
    const server = http.createServer((request, response) => {
      if (request.url === "/api/v0/web/components") return response.end("[]");
      if (request.url !== "/metrics") return response.end("{}");
      response.end(`loki_write_sent_entries_total{host="x"} ${sent}\nloki_write_dropped_entries_total{host="x"} 7\n`);
      sent += 500;
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      await agentSays(pod({ uiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
      const [shown] = (await readStatus(paths)).pods;
      assert.deepEqual([shown?.sent, shown?.dropped, shown?.lastLines], [600, 7, []]);
      const perSecond = shown?.linesPerSecond ?? 0;
      assert.ok(perSecond > 250 && perSecond <= 500, `${perSecond} lines a second`);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it("shows no pod when the node agent has ended: its last word outlives it", async () => {
    await writeJson(agentStatusFile(paths), { pods: [pod({})] });
    assert.deepEqual((await readStatus(paths)).pods, []);
  });

  it("counts a rate over the time that went by, and none for a counter that began anew", () => {
    assert.equal(rate(100, 400, 2_000), 150);
    assert.equal(rate(400, 0, 1_000), 0);
    assert.equal(rate(undefined, 1, 1_000), undefined);
  });
});
