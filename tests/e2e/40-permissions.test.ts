import assert from "node:assert/strict";
import * as fs from "node:fs/promises";

import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { readCollector } from "../../packages/sandbox/proof/collector-counts";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { startWorkload, waitForWorkload } from "../../packages/sandbox/workload/start";
import { givePodsLogBack, granted, takeAwayPodsLog, type Role } from "./support/pods-log";
import { sandbox, stackObjects } from "./support/sandbox";

/** Lines of a collector's log that say that it may not read logs. */
const forbidden =
  /level=(?:warn|error) .*pods \\?"\S+\\?" is forbidden: User \\?"system:serviceaccount:monitoring:alloy\\?"/;

describe("a collector that may not read logs", () => {
  let whole: Role;

  before(async () => {
    whole = await takeAwayPodsLog();
  });

  it("collects nothing", async () => {
    await startWorkload({ paths: sandbox().paths, lines: 90, ratePerSecond: 900 });
    await waitForWorkload(sandbox().paths, 30_000);
    // Each has tried and was refused since the lines were written.
    const offsets = await Promise.all((await sandbox().agent()).pods.map(async ({ log }) => (await fs.stat(log)).size));
    await waitUntil(
      "every collector is refused",
      async () => {
        const { pods } = await sandbox().agent();
        const logs = await Promise.all(pods.map(({ log }) => fs.readFile(log)));
        const silent = pods.filter((_, at) => !forbidden.test(logs[at]?.subarray(offsets[at]).toString("utf8") ?? ""));
        return silent.length === 0 || `not yet: ${silent.map(({ node }) => node).join(", ")}`;
      },
      { timeoutMs: 120_000, intervalMs: 500 },
    );
    const counts = await Promise.all((await sandbox().agent()).pods.map(readCollector));
    assert.equal(counts.length, nodeNames.length);
    for (const { node, sent, targets } of counts) {
      assert.ok(targets.length > 0, `${node} has no targets, so it has not tried`);
      assert.equal(sent, 0, `${node} has sent lines`);
    }
  });

  it("is quoted by sandbox:status, in Alloy's own words", async () => {
    const status = await sandbox().npm("sandbox:status");
    assert.equal(status.exitCode, 1, "a sandbox whose collectors are refused is not well");
    for (const node of nodeNames) {
      const start = status.output.indexOf(`  ${node}: alloy-`);
      assert.ok(start >= 0, status.output);
      const [own = ""] = status.output.slice(start).split(/\n(?=\S|  \S|\n)/);
      assert.match(own, / 0 lines sent/);
      assert.match(own, forbidden);
    }
  });

  it("has its permission back after pulumi up --refresh, and collects", async () => {
    await givePodsLogBack();
    assert.deepEqual(granted(await sandbox().get<Role>(stackObjects.ClusterRole)), granted(whole));
    await waitUntil(
      "the collectors send",
      async () => {
        const counts = await Promise.all((await sandbox().agent()).pods.map(readCollector));
        const idle = counts.filter(({ sent }) => sent === 0);
        return idle.length === 0 || `nothing sent by ${idle.map(({ node }) => node).join(", ")}`;
      },
      { timeoutMs: 120_000, intervalMs: 500 },
    );
  });
});
