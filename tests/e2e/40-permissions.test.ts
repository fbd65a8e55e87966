import assert from "node:assert/strict";
import * as fs from "node:fs/promises";

import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { readCollector } from "../../packages/sandbox/proof/collector-counts";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { startWorkload, waitForWorkload } from "../../packages/sandbox/workload/start";
import { sandbox, stackObjects, type LiveObject } from "./support/sandbox";

interface Role extends LiveObject {
  rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}

/** Lines of a collector's log that say that it may not read logs. */
const forbidden =
  /level=(?:warn|error) .*pods \\?"\S+\\?" is forbidden: User \\?"system:serviceaccount:monitoring:alloy\\?"/;

/** `/pods/log get` for each verb on each resource that the role grants. */
function granted({ rules }: Role): string[] {
  return rules
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) => resources.flatMap((name) => verbs.map((verb) => `${group}/${name} ${verb}`))),
    )
    .sort();
}

describe("a collector that may not read logs", () => {
  let whole: Role;

  before(async () => {
    whole = await sandbox().get<Role>(stackObjects.ClusterRole);
    assert.ok(granted(whole).includes("/pods/log get"));
    // As the stack's own field manager: what is tested is a missing permission, not a conflict of two owners.
    const owner = whole.metadata.managedFields?.[0]?.manager ?? "";
    await sandbox().api.request(
      "PATCH",
      `${stackObjects.ClusterRole}?fieldManager=${encodeURIComponent(owner)}&force=true`,
      {
        type: "application/apply-patch+yaml",
        body: {
          apiVersion: "rbac.authorization.k8s.io/v1",
          kind: "ClusterRole",
          metadata: { name: whole.metadata.name, labels: whole.metadata.labels },
          rules: whole.rules.filter(({ resources }) => !resources.includes("pods/log")),
        },
      },
    );
    assert.ok(!granted(await sandbox().get<Role>(stackObjects.ClusterRole)).includes("/pods/log get"));
    await sandbox().restartCollectors();
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
    const up = await sandbox().shell("pulumi up --refresh --yes --skip-preview --non-interactive");
    assert.equal(up.exitCode, 0, up.output);
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
