import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import type { DoctorReport } from "../../packages/sandbox/doctor";
import { cacheRoot } from "../../packages/sandbox/paths";
import { listProcesses } from "../../packages/sandbox/process/processes";
import type { SandboxStatus } from "../../packages/sandbox/status/read-status";
import { npmRun } from "./support/command";
import { sandbox } from "./support/sandbox";

describe("sandbox:status --json", () => {
  it("has every process with its ports, every collector with its counts, and where each tool is from", async () => {
    const result = await sandbox().npm("sandbox:status", ["--json"]);
    assert.equal(result.exitCode, 0, result.output);
    const status = JSON.parse(result.stdout) as SandboxStatus;
    const records = await listProcesses(sandbox().paths);
    assert.deepEqual(
      status.processes.map(({ name }) => name),
      records.map(({ name }) => name),
    );
    for (const { name, ports } of status.processes)
      if (name === "loki" || name.startsWith("cluster-")) assert.ok(ports.length > 0, `${name} has no port`);
    assert.deepEqual(
      status.pods.map(({ node }) => node),
      nodeNames,
    );
    for (const { node, phase, ready, restarts, sent, dropped, linesPerSecond, targets } of status.pods) {
      assert.deepEqual({ phase, ready, dropped }, { phase: "Running", ready: true, dropped: 0 });
      if (!sandbox().kept) assert.equal(restarts, 0, node);
      assert.ok(sent !== undefined && sent > 0 && targets !== undefined && targets > 0, node);
      assert.ok(linesPerSecond !== undefined && linesPerSecond >= 0, node);
    }
    for (const { name, version, origin } of [...status.tools, ...status.plugins])
      assert.ok(version !== "" && origin.length > 0, name);
  });
});

describe("sandbox:status", () => {
  it("names a server that hangs, and is content when it goes on", async () => {
    const loki = (await listProcesses(sandbox().paths)).find(({ name }) => name === "loki");
    assert.ok(loki);
    process.kill(loki.pid, "SIGSTOP");
    try {
      const status = await sandbox().npm("sandbox:status");
      assert.equal(status.exitCode, 1, status.output);
      assert.match(status.output, /What is wrong\n {2}Loki: .* does not answer within 3 s: it hangs/);
    } finally {
      process.kill(loki.pid, "SIGCONT");
    }
    assert.equal((await sandbox().npm("sandbox:status")).exitCode, 0);
  });
});

describe("sandbox:doctor", () => {
  it("finds nothing to mend where a sandbox runs, and counts no cost", async () => {
    const result = await sandbox().npm("sandbox:doctor", ["--json"]);
    assert.equal(result.exitCode, 0, result.output);
    const report = JSON.parse(result.stdout) as DoctorReport;
    assert.deepEqual(report.problems, []);
    assert.ok(report.running.includes("loki"));
    assert.deepEqual(
      report.tools.filter((tool) => tool.path === undefined),
      [],
    );
  });
});

describe("sandbox:down", () => {
  it("removes the data with --purge and the tools with --purge-cache, and each of its own place only", async () => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-e2e-purge-"));
    try {
      const [root, cache] = ["sandbox", "cache"].map((name) => path.join(folder, name)) as [string, string];
      for (const place of [root, cache]) {
        await fs.mkdir(path.join(place, "data"), { recursive: true });
        await fs.writeFile(path.join(place, "data", "file"), "");
      }
      const purged = await npmRun("sandbox:down", ["--purge", "--purge-cache"], {
        env: { ALLOY_SANDBOX: root, ALLOY_CACHE: cache },
      });
      assert.equal(purged.exitCode, 0, purged.output);
      assert.match(purged.output, /^Nothing was running\.$/m);
      assert.deepEqual(await fs.readdir(folder), []);
      await fs.stat(cacheRoot());
      assert.equal((await sandbox().npm("sandbox:status")).exitCode, 0);
    } finally {
      await fs.rm(folder, { recursive: true, force: true });
    }
  });
});
