import assert from "node:assert/strict";

import { factsOf, partOf } from "../../alerts/facts";
import { keptMetrics } from "../../alerts/kept-metrics";
import { prometheusRuleSpec, type AlertingRule } from "../../alerts/prometheus-rule";
import { lastStep } from "../../alerts/recorded";
import { alerts } from "../../alerts/table";
import { composePipeline } from "../../pipeline/compose";
import { parseAlloy } from "../../pipeline/language";
import type { Settings } from "../../settings/schema";
import { hasAlerts } from "../../settings/alerts";
import { settingsOf } from "../support/settings";
import { alertStacks } from "./stacks";

const text = "logging {}\n";

function rulesOf(settings: Settings): AlertingRule[] {
  return prometheusRuleSpec(settings, text).groups.flatMap(({ rules }) =>
    rules.flatMap((rule) => ("alert" in rule ? [rule] : [])),
  );
}
const namesOf = (settings: Settings): string[] => [...new Set(rulesOf(settings).map(({ alert }) => alert))];
const ruleOf = (settings: Settings, name: string, severity = "warning"): AlertingRule =>
  rulesOf(settings).find(({ alert, labels }) => alert === name && labels.severity === severity) ?? assert.fail(name);

describe("the table of alerts", () => {
  it("has about thirty, and each is made in one stack of these tests", () => {
    const made = new Set(Object.values(alertStacks).flatMap(({ settings }) => namesOf(settings)));
    assert.ok(alerts.length >= 28);
    assert.deepEqual(
      alerts.map(({ name }) => name).filter((name) => !made.has(name)),
      [],
    );
  });

  it("has a page, a line that names what is meant, and what is lost for each", () => {
    for (const { settings } of Object.values(alertStacks))
      for (const { alert, annotations } of rulesOf(settings)) {
        assert.ok(annotations.runbook_url.endsWith(`/docs/runbooks/${alert}.md`));
        assert.match(annotations.summary, /\{\{ \$(labels\.\w+|value)/, alert);
        assert.match(annotations.description, /^Cluster test-cluster.*\. What is lost: [A-Z].*\.$/, alert);
      }
  });

  it("names no label that the expression has summed away", () => {
    for (const { settings } of Object.values(alertStacks))
      for (const { alert, expr, annotations } of rulesOf(settings)) {
        const last = /by \(([^)]*)\)/.exec(expr)?.[1] ?? "";
        // Recorded series have these three; absent() has those of its selector.
        const kept = expr.startsWith("node:")
          ? "cluster, namespace, node"
          : expr.startsWith("absent")
            ? "cluster"
            : last;
        const named = [...`${annotations.summary}${annotations.description}`.matchAll(/\$labels\.(\w+)/g)];
        for (const [, label = ""] of named) assert.ok(kept.split(", ").includes(label), `${alert} names ${label}`);
      }
  });

  it("reads no metric of the collectors that Prometheus throws away", () => {
    for (const { settings, text: pipeline } of Object.values(alertStacks)) {
      const kept = new Set(keptMetrics(settings));
      const all = prometheusRuleSpec(settings, pipeline).groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
      const read = all.flatMap((expr) =>
        [...expr.matchAll(/([a-z_:0-9]+)\{[^}]*job="alloy"/g)].map(([, name = ""]) => name),
      );
      assert.ok(read.length > 30);
      const byPrometheus = ["up", "scrape_samples_post_metric_relabeling"];
      assert.deepEqual(
        [...new Set(read)].filter((name) => !kept.has(name) && !byPrometheus.includes(name)),
        [],
      );
    }
  });

  it("judges this stack's series alone", () => {
    for (const { settings, text: pipeline } of Object.values(alertStacks))
      for (const { rules } of prometheusRuleSpec(settings, pipeline).groups)
        for (const { expr } of rules)
          for (const [, metric = "", selector = ""] of expr.matchAll(/([a-z_:0-9]+)\{([^}]*)\}/g))
            assert.ok(
              selector.startsWith('cluster="test-cluster",namespace="monitoring"') || metric.startsWith("kube_"),
              metric,
            );
  });
});

describe("an alert's limits", () => {
  it("are fractions of the outage budget, the timeout, the memory and the disk", () => {
    const settings = settingsOf({
      wal: { outageBudget: "30m", disk: "2Gi" },
      rollout: { timeout: "5m" },
      resources: { limits: { cpu: "1", memory: "1Gi" } },
    });
    assert.equal(ruleOf(settings, "AlloyLokiNotTaking").for, "5m");
    assert.equal(ruleOf(settings, "AlloyLokiNotTaking", "critical").for, "12m30s");
    assert.equal(ruleOf(settings, "AlloyConfigUnexpected").for, "15m");
    assert.match(ruleOf(settings, "AlloyMemoryNearLimit").expr, /> 966367641$/);
    assert.match(ruleOf(settings, "AlloyCpuAtLimit").expr, /> 0\.9$/);
    assert.match(ruleOf(settings, "AlloyWalSpace").expr, /> 1717986918$/);
    assert.equal(partOf(1_000, 1 / 6), "1s");
  });

  it("look back four scrapes at least", () => {
    const settings = settingsOf({ selfMonitoring: { scrapeInterval: "5m" } });
    assert.match(ruleOf(settings, "AlloyLokiErrors").expr, /\[20m\]/);
    assert.match(ruleOf(settingsOf(), "AlloyLokiErrors").expr, /\[5m\]/);
  });

  it("expect the hash of the text that the collectors run", () => {
    const { configHash } = factsOf(settingsOf(), text);
    assert.equal(configHash, "cb9576f4ac801880f97de9b603eae7be7ff1f76ebd97dd3202dad2c657e7e1ae");
    assert.ok(ruleOf(settingsOf(), "AlloyConfigUnexpected").expr.includes(`sha256!="${configHash}"`));
  });
});

describe("an alert about what is off", () => {
  for (const [what, values, without] of [
    ["logs", { logs: { enabled: false } }, ["AlloyLinesDropped", "AlloyLokiNotTaking", "AlloyNothingRead"]],
    ["metrics", { metrics: { enabled: false } }, ["AlloyRemoteWriteBehind", "AlloyWalSpace", "AlloyWalBroken"]],
    ["credentials", {}, ["AlloyVaultNotRead", "AlloyCredentialFileUnread"]],
    [
      "the log WAL, limits and the canary",
      {},
      ["AlloyLogWalBehind", "AlloyLinesRateLimited", "AlloyCanaryLinesMissing"],
    ],
    ["kube-state-metrics", { alerts: { kubeStateMetrics: false } }, ["AlloyNodeWithoutCollector"]],
    ["lines of its own", { logs: { excludeNamespaces: "monitoring" } }, ["AlloyNothingRead"]],
    ["lines of its own, at level warn", { logLevel: "warn" }, ["AlloyNothingRead"]],
    ["some nodes", { nodeSelector: "worker-.*" }, ["AlloyNothingRead"]],
  ] as [string, Record<string, unknown>, string[]][])
    it(`is not made: ${what}`, () => {
      const names = namesOf(settingsOf(values));
      assert.ok(names.length > 10);
      assert.deepEqual(
        without.filter((name) => names.includes(name)),
        [],
      );
    });

  it("is made with the defaults if its setting is on, and none at all without self-monitoring", () => {
    for (const name of ["AlloyNothingRead", "AlloyNodeWithoutCollector", "AlloyRemoteWriteBehind"])
      assert.ok(namesOf(settingsOf()).includes(name), name);
    assert.ok(hasAlerts(settingsOf()));
    assert.ok(!hasAlerts(settingsOf({ selfMonitoring: { enabled: false } })));
    assert.ok(!hasAlerts(settingsOf({ alerts: { enabled: false } })));
  });
});

describe("alerts: the pipeline that they count in", () => {
  it("has the step that they count lines at, right before loki.write", () => {
    const { text } = composePipeline(settingsOf());
    const step = parseAlloy(text).find(({ name, label }) => `${name}.${label}` === lastStep);
    assert.deepEqual(
      step?.attributes
        .get("forward_to")
        ?.map(({ text: word }) => word)
        .join(""),
      "[loki.write.default.receiver]",
    );
  });
});
