import assert from "node:assert/strict";

import { RE2JS } from "re2js";

import { composePipeline } from "../../pipeline/compose";
import { longestPause } from "../../pipeline/outage";
import type { Settings } from "../../settings/schema";
import { blocksOf, find, textAt, type Block } from "../support/alloy-text";
import { everyComposed, forEach, rulesOf, stringsAt } from "../support/pipelines";
import { settingsOf } from "../support/settings";

const ownLabels = ["app", "cluster", "component", "job", "namespace", "node"];
const askedFor = ({ logs }: Settings): string[] => Object.keys({ ...logs.podLabels, ...logs.nodeLabels });

const dropsOn = (blocks: readonly Block[], source: string): Block[] =>
  rulesOf(blocks, "discovery.relabel", "pods").filter(
    (rule) => textAt(rule, "action") === "drop" && stringsAt(rule, "source_labels").includes(source),
  );

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
    forEach(withLogs, ({ blocks, settings }) => {
      const rules = [
        ...rulesOf(blocks, "discovery.relabel", "pods"),
        ...find(blocks, "loki.relabel").flatMap(({ blocks: inner }) => find(inner, "rule")),
      ];
      const labels = rules.flatMap((rule) => stringsAt(rule, "target_label"));
      const path = settings.logs.source === "files" ? ["__path__"] : [];
      const unit = settings.extraSections.some(({ file }) => file.endsWith("journal.alloy")) ? ["unit"] : [];
      assert.deepEqual([...new Set(labels)].sort(), [...ownLabels, ...path, ...unit, ...askedFor(settings)].sort());
      const actions = rules.flatMap((rule) => stringsAt(rule, "action"));
      assert.deepEqual(new Set(actions.filter((action) => !["keep", "drop"].includes(action))), new Set(["labeldrop"]));
      const ours = find(blocks, "loki.process", "pods");
      assert.equal(find(ours, "stage.labels").length + find(ours, "stage.static_labels").length, 0);
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
      // One that hands on to nobody is a list of rules for a source, which has such labels.
      for (const relabel of find(blocks, "loki.relabel").filter((one) => one.attributes["forward_to"]?.length !== 2))
        assert.ok(!JSON.stringify(relabel).includes("__"), `${relabel.label} reads a label that begins with __`);
    });
  });

  it("drops the labels with one value a pod, and names cluster and node, in one last step", () => {
    forEach(withLogs, ({ blocks, settings }) => {
      assert.equal(find(blocks, "loki.relabel", "drop_high_cardinality").length, 1);
      const [rule, ...more] = rulesOf(blocks, "loki.relabel", "drop_high_cardinality");
      assert.ok(rule);
      assert.equal(textAt(rule, "action"), "labeldrop");
      assert.deepEqual(
        more.map((added) => textAt(added, "target_label")),
        ["cluster", "node"],
      );
      assert.deepEqual(textAt(rule, "regex")?.split("|").sort(), [
        "controller_revision_hash",
        ...(settings.logs.source === "files" ? ["filename"] : []),
        "instance",
        "pod_template_hash",
        ...(settings.logs.source === "files" ? ["stream"] : []),
      ]);
    });
  });

  it("cuts the line break with an expression that begins with a fixed byte", () => {
    forEach(withLogs, ({ blocks, settings: { logs } }) => {
      const [replace, ...more] = find(find(blocks, "loki.process", "pods"), "stage.replace");
      // The lines of a file in the format of CRI have none.
      if (logs.source === "files" && logs.fileFormat === "cri") return assert.equal(replace, undefined);
      assert.ok(replace);
      assert.deepEqual(more, []);
      assert.match(textAt(replace, "expression") ?? "", /^\(\\n/);
    });
  });

  it("leaves structured metadata out where it is off, with all that serves it", () => {
    forEach(withLogs, ({ blocks, settings }) => {
      const expected = settings.logs.structuredMetadata ? 1 : 0;
      const ours = find(blocks, "loki.process", "pods");
      assert.equal(find(ours, "stage.structured_metadata").length, expected);
      assert.equal(find(ours, "stage.regex").length, expected);
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
      const drops = dropsOn(blocks, "__meta_kubernetes_namespace");
      assert.deepEqual(
        drops.map((rule) => textAt(rule, "regex")),
        settings.logs.excludeNamespaces === "" ? [] : [settings.logs.excludeNamespaces],
      );
    });
  });

  it("leaves out pods that ask for it, by the annotation that the settings name", () => {
    forEach(withLogs, ({ blocks, settings }) => {
      const asked = settings.logs.optOutAnnotation !== "";
      const drops = dropsOn(blocks, "__meta_kubernetes_pod_annotation_detectviz_io_collect_logs");
      assert.deepEqual(
        drops.map((rule) => textAt(rule, "regex")),
        asked ? ["false"] : [],
      );
    });
  });

  it("asks for the labels of nodes only where a setting names one", () => {
    forEach(withLogs, ({ blocks, settings }) => {
      const expected = Object.keys(settings.logs.nodeLabels).length > 0 ? 1 : 0;
      assert.equal(find(blocks, "attach_metadata").length, expected);
    });
  });

  it("limits a namespace by itself, drops what is more, and before anything else is done to a line", () => {
    forEach(withLogs, ({ blocks, settings }) => {
      const [process] = find(blocks, "loki.process", "pods");
      const limits = find(process?.blocks ?? [], "stage.match");
      assert.deepEqual(
        limits.map((match) => textAt(match, "selector")),
        settings.logs.rateLimits.map(({ namespaces }) => `{namespace=~${JSON.stringify(namespaces)}}`),
      );
      for (const limit of find(limits, "stage.limit")) {
        assert.equal(textAt(limit, "by_label_name"), "namespace");
        assert.equal(limit.attributes["drop"]?.[0]?.text, "true");
      }
    });
  });

  it("cuts a line at the length that the setting names, without its line break, and none without the setting", () => {
    forEach(withLogs, ({ blocks, settings }) => {
      const [process] = find(blocks, "loki.process", "pods");
      const steps = (process?.blocks ?? []).map(({ name }) => name);
      const rules = find(find(process?.blocks ?? [], "stage.truncate"), "rule");
      const expected = settings.logs.maxLine === undefined ? [] : ["262144B"];
      assert.deepEqual(
        rules.map((rule) => textAt(rule, "limit")),
        expected,
      );
      if (expected.length > 0) assert.equal(steps[steps.indexOf("stage.truncate") - 1], "stage.replace");
    });
  });
});

describe("pipeline of logs: labels from elsewhere", () => {
  it("are those of the settings, by the name that discovery gives them", () => {
    const { blocks } = everyComposed.find(({ settings }) => settings.logs.podLabels["team"] !== undefined) ?? {
      blocks: [],
    };
    const made = rulesOf(blocks, "discovery.relabel", "pods").map((rule) => [
      textAt(rule, "target_label"),
      stringsAt(rule, "source_labels").join(),
    ]);
    for (const expected of [
      ["team", "__meta_kubernetes_pod_label_example_com_team"],
      ["tier", "__meta_kubernetes_pod_label_tier"],
      ["zone", "__meta_kubernetes_node_label_topology_kubernetes_io_zone"],
    ])
      assert.ok(
        made.some((rule) => rule.join(" ") === expected.join(" ")),
        expected.join(" "),
      );
  });

  it("are refused where the pipeline sets them itself, where two say the same, and where they are no names", () => {
    const refused = (logs: Record<string, unknown>): void => void settingsOf({ logs });
    assert.throws(() => refused({ podLabels: { app: "app" } }), /is a label that the pipeline sets itself/);
    assert.throws(() => refused({ podLabels: { Team: "team" } }), /is not the name of a stream label/);
    assert.throws(() => refused({ podLabels: { team: "not a label" } }), /is not the name of a label or annotation/);
    assert.throws(() => refused({ podLabels: { zone: "z" }, nodeLabels: { zone: "z" } }), /is in podLabels, too/);
    assert.throws(() => composePipeline(settingsOf({ logs: { podLabels: { hash: "pod-template-hash" } } })), /rollout/);
    assert.throws(
      () => refused({ rateLimits: [{ namespaces: "a", linesPerSecond: 0, burst: 1 }] }),
      /rateLimits\.0\.lines/,
    );
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
