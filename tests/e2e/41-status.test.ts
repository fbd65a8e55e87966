import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { keptMetrics } from "../../alerts/kept-metrics";
import { parseMetrics } from "../../kit/metrics-text";
import { repoRoot } from "../../kit/repo-root";
import { getText } from "../../operations/collectors/find";
import type { StackStatus } from "../../operations/status/read-status";
import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { listProcesses } from "../../packages/sandbox/process/processes";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { startWorkload } from "../../packages/sandbox/workload/start";
import { parseSettings } from "../../settings/parse-settings";
import { readStackFile } from "../../settings/stack-file";
import type { CommandResult } from "./support/command";
import { givePodsLogBack, takeAwayPodsLog } from "./support/pods-log";
import { sandbox, stackObjects, type LiveObject } from "./support/sandbox";

interface Rule extends LiveObject {
  spec: { groups: { name: string; rules: { alert?: string; expr: string }[] }[] };
}

/** Counters that are there from the first event on: each event has a reason, and that is a label. */
const notBefore = ["loki_process_dropped_lines_total", "prometheus_remote_storage_samples_dropped_total"];

const status = (args: readonly string[] = []): Promise<CommandResult> =>
  sandbox().alloyctl("status", ["local", ...args]);

/** Waits until `status` says what is asked for; a fault shows, and goes, with the collectors' next attempts. */
async function statusThat(what: string, holds: (result: CommandResult) => boolean): Promise<CommandResult> {
  let last: CommandResult | undefined;
  await waitUntil(
    what,
    async () => {
      last = await status();
      return holds(last) || last.output;
    },
    { timeoutMs: 180_000, intervalMs: 1_000 },
  );
  assert.ok(last);
  return last;
}

const names = (alert: string) => (result: CommandResult) => result.exitCode === 1 && result.stdout.includes(alert);
const isGreen = ({ exitCode }: CommandResult): boolean => exitCode === 0;

describe("the alerts in the cluster", () => {
  it("are those of the settings, and expect the configuration that every collector reports", async () => {
    const { spec } = await sandbox().get<Rule>(stackObjects.PrometheusRule);
    const rules = spec.groups.flatMap((group) => group.rules);
    assert.ok(rules.length > 25);
    const hash = /sha256!="(\w{64})"/.exec(
      rules.find(({ alert }) => alert === "AlloyConfigUnexpected")?.expr ?? "",
    )?.[1];
    const pages = await metricsPages();
    for (const page of pages)
      assert.equal(page.find(({ name }) => name === "alloy_config_hash")?.labels["sha256"], hash);
  });

  it("read metrics that collectors have, and Prometheus keeps at most 100 series of each", async () => {
    const settings = parseSettings(readStackFile("local", repoRoot).config, "Pulumi.local.yaml");
    const kept = keptMetrics(settings).filter((name) => !notBefore.includes(name));
    for (const page of await metricsPages()) {
      const there = new Set(page.map(({ name }) => name));
      assert.deepEqual(
        kept.filter((name) => !there.has(name)),
        [],
      );
      const series = page.filter(({ name }) => kept.includes(name)).length;
      console.log(`      ${series} of ${page.length} series are kept`);
      assert.ok(series >= 40 && series <= 100, String(series));
    }
  });
});

describe("alloyctl status", () => {
  it("finds nothing wrong with a healthy sandbox", async () => {
    const result = await statusThat("nothing is wrong", isGreen);
    assert.match(result.stdout, /^local, cluster detectviz-local: nothing is wrong\.\n3 of 3 collectors answer/);
    const json = await status(["--json"]);
    const { collectors, unknown } = JSON.parse(json.stdout) as StackStatus;
    assert.deepEqual(unknown, []);
    assert.deepEqual(collectors.map(({ node }) => node).sort(), [...nodeNames].sort());
    for (const { node, configuration, version, lost, memoryBytes = 0 } of collectors) {
      assert.deepEqual({ configuration, lost }, { configuration: "as deployed", lost: 0 }, node);
      assert.ok(version?.startsWith("v") && memoryBytes > 2 ** 20, node);
    }
  });

  it("names the alert and the runbook while Loki hangs, and is content when it goes on", async () => {
    const loki = (await listProcesses(sandbox().paths)).find(({ name }) => name === "loki");
    assert.ok(loki);
    process.kill(loki.pid, "SIGSTOP");
    try {
      await startWorkload({ paths: sandbox().paths, lines: 3_000, ratePerSecond: 30 });
      const result = await statusThat("Loki's silence is named", names("AlloyLokiNotTaking"));
      assert.match(
        result.stdout,
        /Loki takes nothing: \d+ lines are held, the first are given up in \d+ minutes at the/,
      );
      assertRunbook(result, "AlloyLokiNotTaking");
    } finally {
      process.kill(loki.pid, "SIGCONT");
    }
    await statusThat("nothing is wrong any more", isGreen);
  });

  it("names the alert and the runbook while pods/log is taken away, and is content when it is back", async () => {
    await takeAwayPodsLog();
    try {
      const result = await statusThat("the refusal is named", names("AlloyNothingRead"));
      assert.match(result.stdout, /Their last errors\n {2}\S+: level=.*forbidden/);
      assertRunbook(result, "AlloyNothingRead");
    } finally {
      await givePodsLogBack();
    }
    await statusThat("nothing is wrong any more", isGreen);
  });
});

async function metricsPages(): Promise<ReturnType<typeof parseMetrics>[]> {
  const { pods } = await sandbox().agent();
  assert.equal(pods.length, nodeNames.length);
  return Promise.all(pods.map(async ({ uiUrl }) => parseMetrics(await getText(new URL("/metrics", uiUrl)))));
}

function assertRunbook({ stdout }: CommandResult, alert: string): void {
  const [, file = ""] = new RegExp(`What to do: (\\S*/${alert}\\.md)`).exec(stdout) ?? [];
  assert.ok(fs.existsSync(path.join(repoRoot, file)), `no page ${file}`);
}
