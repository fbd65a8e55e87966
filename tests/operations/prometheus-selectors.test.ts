import assert from "node:assert/strict";

import {
  matches,
  unselectedReason,
  type LabelSelector,
  type PrometheusResource,
} from "../../operations/warnings/prometheus-selectors";

const plan = {
  kind: "PodMonitor" as const,
  labels: { release: "kube-prometheus-stack", "app.kubernetes.io/name": "alloy" },
  namespace: "monitoring",
  namespaceLabels: { "kubernetes.io/metadata.name": "monitoring" },
};

function prometheus(spec: PrometheusResource["spec"], namespace = "monitoring"): PrometheusResource {
  return { metadata: { name: "main", namespace }, spec };
}

const selecting: LabelSelector = { matchLabels: { release: "kube-prometheus-stack" } };

describe("whether a Prometheus reads the PodMonitor", () => {
  it("is content where one selects it", () => {
    assert.equal(unselectedReason([prometheus({ podMonitorSelector: selecting })], plan), undefined);
  });

  it("takes an empty selector for any label", () => {
    assert.equal(unselectedReason([prometheus({ podMonitorSelector: {} })], plan), undefined);
  });

  it("is content where one of several selects it", () => {
    const other = prometheus({ podMonitorSelector: { matchLabels: { release: "other" } } });
    assert.equal(unselectedReason([other, prometheus({ podMonitorSelector: selecting })], plan), undefined);
  });

  it("says that there is no Prometheus", () => {
    assert.match(unselectedReason([], plan) ?? "", /has no Prometheus resource/);
  });

  it("names the labels that are asked for", () => {
    const reason = unselectedReason([prometheus({ podMonitorSelector: { matchLabels: { release: "other" } } })], plan);
    assert.match(reason ?? "", /monitoring\/main selects PodMonitors with release=other/);
  });

  for (const selector of [undefined, null]) {
    it(`takes a selector that is ${String(selector)} for none`, () => {
      const reason = unselectedReason([prometheus({ podMonitorSelector: selector })], plan);
      assert.match(reason ?? "", /selects no PodMonitor at all/);
    });
  }

  it("reads its own namespace only, where no namespace selector is set", () => {
    const reason = unselectedReason([prometheus({ podMonitorSelector: selecting }, "observability")], plan);
    assert.match(reason ?? "", /own namespace only/);
  });

  it("reads other namespaces, where the namespace selector matches", () => {
    const all = prometheus({ podMonitorSelector: selecting, podMonitorNamespaceSelector: {} }, "observability");
    assert.equal(unselectedReason([all], plan), undefined);
    const labelled = { matchLabels: { monitored: "yes" } };
    const some = prometheus({ podMonitorSelector: selecting, podMonitorNamespaceSelector: labelled }, "observability");
    assert.match(unselectedReason([some], plan) ?? "", /reads namespaces with monitored=yes/);
  });
});

describe("whether a Prometheus reads the PrometheusRule", () => {
  const rule = { ...plan, kind: "PrometheusRule" as const };

  it("goes by the selectors of rules, not by those of PodMonitors", () => {
    const both = prometheus({ podMonitorSelector: {}, ruleSelector: { matchLabels: { release: "prometheus" } } });
    assert.equal(unselectedReason([both], plan), undefined);
    assert.match(
      unselectedReason([both], rule) ?? "",
      /monitoring\/main selects PrometheusRules with release=prometheus, which ours does not have/,
    );
    const labels = { ...rule.labels, release: "prometheus" };
    assert.equal(unselectedReason([both], { ...rule, labels }), undefined);
  });

  it("says that no selector is set, and that the namespace is not read", () => {
    assert.match(unselectedReason([prometheus({})], rule) ?? "", /selects no PrometheusRule at all \(ruleSelector/);
    const elsewhere = prometheus({ ruleSelector: {} }, "observability");
    assert.match(unselectedReason([elsewhere], rule) ?? "", /reads PrometheusRules of its own namespace only/);
  });
});

describe("a label selector", () => {
  const labels = { tier: "backend", env: "prod" };
  const cases: [string, LabelSelector, boolean][] = [
    ["In with the value", { matchExpressions: [{ key: "tier", operator: "In", values: ["backend", "x"] }] }, true],
    ["In without the value", { matchExpressions: [{ key: "tier", operator: "In", values: ["x"] }] }, false],
    ["In on a missing label", { matchExpressions: [{ key: "zone", operator: "In", values: ["x"] }] }, false],
    ["NotIn with the value", { matchExpressions: [{ key: "tier", operator: "NotIn", values: ["backend"] }] }, false],
    ["NotIn on a missing label", { matchExpressions: [{ key: "zone", operator: "NotIn", values: ["x"] }] }, true],
    ["Exists", { matchExpressions: [{ key: "tier", operator: "Exists" }] }, true],
    ["Exists on a missing label", { matchExpressions: [{ key: "zone", operator: "Exists" }] }, false],
    ["DoesNotExist", { matchExpressions: [{ key: "zone", operator: "DoesNotExist" }] }, true],
    ["an operator that is none", { matchExpressions: [{ key: "tier", operator: "Like", values: ["b"] }] }, false],
    ["labels and expressions together", { matchLabels: { env: "dev" }, matchExpressions: [] }, false],
  ];
  for (const [name, selector, expected] of cases) {
    it(`${name}: ${expected ? "matches" : "does not match"}`, () => assert.equal(matches(selector, labels), expected));
  }
});
