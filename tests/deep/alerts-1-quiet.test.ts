import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import { stringify } from "yaml";

import type { PrometheusRuleSpec } from "../../alerts/prometheus-rule";
import { run } from "../e2e/support/command";
import { withConfig } from "../e2e/support/config";
import { sandbox, stackObjects } from "../e2e/support/sandbox";
import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { removeOperator, runOperator, writeCertificates } from "./monitoring/operator";
import { Watcher } from "./monitoring/watcher";

const quietMs = 10 * 60_000;

describe("the alerts in a Prometheus that the real operator has configured", () => {
  let watcher: Watcher;

  before(async () => {
    const files = await runOperator(await writeCertificates());
    watcher = await Watcher.start(files);
  });
  after(async () => {
    await watcher?.stop();
    await removeOperator();
  });

  it("are loaded, every one of them, and evaluated without an error", async () => {
    await waitUntil(
      "every rule is evaluated",
      async () => (await watcher.rules()).every(({ health }) => health !== "unknown"),
      { timeoutMs: 60_000, intervalMs: 1_000 },
    );
    const { spec } = await sandbox().get<{ spec: PrometheusRuleSpec }>(stackObjects.PrometheusRule);
    const declared = spec.groups.flatMap(({ rules }) =>
      rules.map((rule) => ("alert" in rule ? rule.alert : rule.record)),
    );
    const rules = await watcher.rules();
    assert.ok(declared.length > 30, `only ${declared.length} rules`);
    assert.deepEqual(rules.map(({ name }) => name).sort(), declared.sort());
    assert.deepEqual(
      rules.filter(({ health }) => health !== "ok").map(({ name, lastError }) => `${name}: ${lastError ?? ""}`),
      [],
    );
  });

  it("look at the sandbox's collectors: one target a node, found by the discovery of Kubernetes", async () => {
    await waitUntil(
      "every collector is scraped",
      async () => {
        const up = await watcher.query('up{job="alloy",namespace="monitoring",cluster="detectviz-local"} == 1');
        return (
          JSON.stringify(up.map(({ labels }) => labels["node"]).sort()) === JSON.stringify([...nodeNames].sort()) ||
          stringify(up)
        );
      },
      { timeoutMs: 90_000, intervalMs: 1_000 },
    );
  });

  it("cost at most 100 series a collector, as Prometheus itself counts them", async () => {
    const series = await watcher.query('scrape_samples_post_metric_relabeling{job="alloy"}');
    const scraped = await watcher.query('scrape_samples_scraped{job="alloy"}');
    assert.equal(series.length, nodeNames.length);
    console.error(
      `      kept ${series.map(({ value }) => value).join(", ")} of ${scraped.map((s) => s.value).join(", ")}`,
    );
    for (const { value } of series) assert.ok(value >= 40 && value <= 100, String(value));
  });

  it("are all silent while a rollout replaces every collector, and in ten quiet minutes", async function () {
    const fired = new Set<string>();
    const watch = async (untilMs: number): Promise<void> => {
      while (Date.now() < untilMs) {
        for (const one of await watcher.firing()) fired.add(one);
        await sleep(2_000);
      }
    };
    // Another limit is another pod: every collector is replaced, one after another.
    await withConfig([[["alloy:resources"], { limits: { memory: "520Mi" } }]], async () => {
      const rollout = sandbox().npm("up", ["local", "--yes"]);
      let ended = false;
      void rollout.finally(() => (ended = true));
      while (!ended) await watch(Date.now() + 2_000);
      assert.equal((await rollout).exitCode, 0, (await rollout).output);
      const began = Date.now();
      await watch(began + quietMs);
    });
    const seconds = (await watcher.rules()).reduce((sum, { evaluationTime }) => sum + evaluationTime, 0);
    console.error(
      `      fired: ${[...fired].join(", ") || "none"}; one evaluation took ${(1_000 * seconds).toFixed(1)} ms`,
    );
    const pages = await watcher.query('count(up{job="alloy"} == 1)');
    assert.equal(pages[0]?.value, nodeNames.length, "the quiet minutes were watched with fewer collectors");
    assert.deepEqual([...fired], []);
  });

  it("leave the sandbox as it was", async () => {
    const up = await sandbox().npm("up", ["local", "--yes"]);
    assert.equal(up.exitCode, 0, up.output);
    const status = await run("node", ["commands/alloyctl.js", "status", "local"], {
      env: { ALLOY_SANDBOX: sandbox().root },
    });
    assert.match(status.stdout, /^local, cluster detectviz-local/);
  });
});
