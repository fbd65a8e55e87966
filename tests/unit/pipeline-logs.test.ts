import assert from "node:assert/strict";

import { RE2JS } from "re2js";

import { composePipeline } from "../../pipeline/compose";
import { longestPause } from "../../pipeline/outage";
import { blocksOf, find, textAt } from "../support/alloy-text";
import { everyComposed, forEach, rulesOf, stringsAt } from "../support/pipelines";
import { settingsOf } from "../support/settings";

const withLogs = everyComposed.filter(({ settings }) => settings.logs.enabled);

describe("pipeline of logs", () => {
  it("asks the API server for this node's pods only", () => {
    forEach(withLogs, ({ blocks }) => {
      const [selectors, ...more] = find(blocks, "selectors");
      assert.ok(selectors);
      assert.deepEqual(more, []);
      assert.equal(textAt(selectors, "role"), "pod");
      assert.equal(
        selectors.attributes["field"]?.map(({ text }) => text).join(" "),
        "spec.nodeName= + sys.env ( NODE_NAME )",
      );
    });
  });

  it("sets the labels of the allow-list and no other", () => {
    forEach(withLogs, ({ blocks }) => {
      const rules = [
        ...rulesOf(blocks, "discovery.relabel", "pods"),
        ...find(blocks, "loki.relabel").flatMap(({ blocks: inner }) => find(inner, "rule")),
      ];
      const labels = rules.flatMap((rule) => stringsAt(rule, "target_label"));
      assert.deepEqual([...new Set(labels)].sort(), ["app", "cluster", "component", "job", "namespace", "node"]);
      const actions = rules.flatMap((rule) => stringsAt(rule, "action"));
      assert.deepEqual(new Set(actions.filter((action) => !["keep", "drop"].includes(action))), new Set(["labeldrop"]));
      assert.equal(find(blocks, "stage.labels").length + find(blocks, "stage.static_labels").length, 0);
    });
  });

  it("adds what is the same for all lines behind the source, where no position depends on it", () => {
    forEach(withLogs, ({ blocks }) => {
      const before = rulesOf(blocks, "discovery.relabel", "pods").flatMap((rule) => stringsAt(rule, "target_label"));
      assert.ok(!before.includes("cluster") && !before.includes("node"), before.join(", "));
    });
  });

  it("asks loki.relabel for no label that is gone by then", () => {
    forEach(withLogs, ({ blocks }) => {
      for (const relabel of find(blocks, "loki.relabel"))
        assert.ok(!JSON.stringify(relabel).includes("__"), `${relabel.label} reads a label that begins with __`);
    });
  });

  it("drops the labels with one value a pod in one step of its own", () => {
    forEach(withLogs, ({ blocks }) => {
      const [rule, ...more] = rulesOf(blocks, "loki.relabel", "drop_high_cardinality");
      assert.ok(rule);
      assert.deepEqual(more, []);
      assert.deepEqual(textAt(rule, "regex")?.split("|").sort(), [
        "controller_revision_hash",
        "instance",
        "pod_template_hash",
      ]);
    });
  });

  it("leaves structured metadata out where it is off, with all that serves it", () => {
    forEach(withLogs, ({ blocks, settings }) => {
      const expected = settings.logs.structuredMetadata ? 1 : 0;
      assert.equal(find(blocks, "stage.structured_metadata").length, expected);
      assert.equal(find(blocks, "stage.regex").length, expected);
    });
  });

  it("has a write-ahead log for lines where the settings say so, as old as the outage may be", () => {
    forEach(withLogs, ({ blocks, settings }) => {
      const wals = find(blocks, "loki.write").flatMap(({ blocks: inner }) => find(inner, "wal"));
      assert.equal(wals.length, settings.wal.logs ? 1 : 0);
      for (const wal of wals) assert.equal(textAt(wal, "max_segment_age"), settings.wal.outageBudget);
    });
  });

  it("sends to one named endpoint, with the tenant from the environment", () => {
    forEach(withLogs, ({ blocks, settings }) => {
      const [endpoint, ...more] = find(blocks, "loki.write").flatMap(({ blocks: inner }) => find(inner, "endpoint"));
      assert.ok(endpoint);
      assert.deepEqual(more, []);
      assert.equal(textAt(endpoint, "name"), "loki");
      assert.equal(textAt(endpoint, "url"), settings.lokiUrl);
      assert.deepEqual(stringsAt(endpoint, "tenant_id"), ["LOKI_TENANT"]);
      assert.equal(textAt(endpoint, "max_backoff_period"), longestPause(settings.wal.outageBudget));
    });
  });

  it("leaves namespaces out where the settings name some", () => {
    forEach(withLogs, ({ blocks, settings }) => {
      const drops = rulesOf(blocks, "discovery.relabel", "pods").filter((rule) => textAt(rule, "action") === "drop");
      assert.deepEqual(
        drops.map((rule) => textAt(rule, "regex")),
        settings.logs.excludeNamespaces === "" ? [] : [settings.logs.excludeNamespaces],
      );
    });
  });
});

describe("pipeline of logs: what a rule does", () => {
  const pods = composePipeline(settingsOf()).text;
  const rules = rulesOf(blocksOf(pods), "discovery.relabel", "pods");

  /** The label as Prometheus' relabelling would set it; `undefined` where the rule does not match. */
  function labelled(label: string, ...values: string[]): string | undefined {
    const rule = rules.find((candidate) => textAt(candidate, "target_label") === label);
    assert.ok(rule);
    const joined = values.join(textAt(rule, "separator") ?? ";");
    const match = RE2JS.compile(`^(?:${textAt(rule, "regex") ?? "(.*)"})$`).matcher(joined);
    return match.find() ? (match.group(1) ?? undefined) : undefined;
  }

  for (const label of ["app", "component"]) {
    it(`${label}: the recommended label first, then the old one, else none`, () => {
      assert.equal(labelled(label, "new", "old"), "new");
      assert.equal(labelled(label, "", "old"), "old");
      assert.equal(labelled(label, "new", ""), "new");
      assert.equal(labelled(label, "", ""), undefined);
    });
  }

  it("structured metadata finds pod and container in what the source writes", () => {
    const [stage] = find(blocksOf(pods), "stage.regex");
    assert.ok(stage);
    const match = RE2JS.compile(textAt(stage, "expression") ?? "").matcher("kube-system/coredns-5d78c-x2x9k:coredns");
    assert.ok(match.find());
    assert.equal(match.group("pod"), "coredns-5d78c-x2x9k");
    assert.equal(match.group("container"), "coredns");
  });
});
