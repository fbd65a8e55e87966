import assert from "node:assert/strict";

import fc from "fast-check";

import { collectedContainers } from "../../operations/collectors/collected-containers";
import { linesSentAgainText } from "../../operations/warnings/lines-sent-again";
import { composePipeline } from "../../pipeline/compose";
import { reReads } from "../../pipeline/lines-sent-again";
import type { Settings } from "../../settings/schema";
import { everyComposed } from "../support/pipelines";
import { moreLabels, settingsOf } from "../support/settings";

const text = composePipeline(settingsOf()).text;

const hasMoreLabels = ({ logs }: Settings): boolean =>
  Object.keys({ ...logs.podLabels, ...logs.nodeLabels }).length > 0;

describe("re-ingest warning", () => {
  const pod = (namespace: string, containers: string[], init: string[] = [], node?: string, collect?: string) => ({
    metadata: { namespace, ...(collect !== undefined && { annotations: { "detectviz.io/collect-logs": collect } }) },
    spec: {
      containers: containers.map((name) => ({ name })),
      initContainers: init.map((name) => ({ name })),
      nodeName: node,
    },
  });
  const pods = [
    pod("shop", ["web", "proxy"], ["prepare"], "worker-1"),
    pod("kube-system", ["dns"], [], "control-1"),
    pod("batch", ["job"], [], "worker-2", "true"),
    pod("batch", ["quiet"], [], "worker-2", "false"),
    pod("batch", ["pending"]),
  ];

  it("counts the containers that are collected", () => {
    assert.equal(collectedContainers(pods, settingsOf()).length, 5);
    assert.equal(collectedContainers(pods, settingsOf({ logs: { excludeNamespaces: "kube-.*" } })).length, 4);
    assert.equal(collectedContainers(pods, settingsOf({ logs: { includeNamespaces: "shop|batch" } })).length, 4);
    assert.equal(collectedContainers(pods, settingsOf({ logs: { optOutAnnotation: "" } })).length, 6);
    assert.equal(collectedContainers(pods, settingsOf({ nodeSelector: "worker-.*" })).length, 4);
  });

  it("says how many, and why", () => {
    const found = [{ source: "loki.source.kubernetes.new", reason: "replaces loki.source.kubernetes.pods" }];
    assert.match(linesSentAgainText(found, 5), /^warning: up to 5 containers will be read again .*new replaces .*pods/);
    assert.match(linesSentAgainText(found, undefined), /^warning: every container will be read again/);
  });
});

describe("re-ingest comparison", () => {
  it("finds nothing between any two combinations of settings that change no target label", () => {
    const withLogs = everyComposed.filter(({ settings }) => settings.logs.enabled && !hasMoreLabels(settings));
    fc.assert(
      fc.property(fc.constantFrom(...withLogs), fc.constantFrom(...withLogs), (before, after) => {
        fc.pre(before.settings.logs.source === after.settings.logs.source);
        assert.deepEqual(reReads(before.text, after.text), []);
      }),
      { numRuns: 100 },
    );
  });

  it("finds nothing where logs are turned on or off: there is no position, or nobody reads", () => {
    const without = composePipeline(settingsOf({ logs: { enabled: false } })).text;
    assert.deepEqual(reReads(without, text), []);
    assert.deepEqual(reReads(text, without), []);
  });

  it("finds that lines are read from elsewhere, each way", () => {
    const files = composePipeline(settingsOf({ logs: { source: "files" } })).text;
    const [kubernetes, file] = ["loki.source.kubernetes.pods", "loki.source.file.pods"];
    assert.deepEqual(reReads(text, files), [{ source: file, reason: `replaces ${kubernetes}` }]);
    assert.deepEqual(reReads(files, text), [{ source: kubernetes, reason: `replaces ${file}` }]);
    assert.deepEqual(reReads(files, files), []);
  });

  it("finds a renamed source", () => {
    const name = fc.stringMatching(/^[a-z]{3,12}$/).filter((candidate) => candidate !== "pods");
    fc.assert(
      fc.property(name, (label) => {
        const renamed = text.replace('loki.source.kubernetes "pods"', `loki.source.kubernetes "${label}"`);
        assert.deepEqual(reReads(text, renamed), [
          { source: `loki.source.kubernetes.${label}`, reason: "replaces loki.source.kubernetes.pods" },
        ]);
      }),
      { numRuns: 20 },
    );
  });

  it("finds a label more, one less and one made in another way, and names it", () => {
    const added = text.replace(
      "targets = discovery.kubernetes.pods.targets\n",
      'targets = discovery.kubernetes.pods.targets\n\trule {\n\t\ttarget_label = "team"\n\t\treplacement = "x"\n\t}\n',
    );
    const changed = text.replace('replacement   = "$1"', 'replacement   = "${1}"');
    assert.match(reReads(text, added)[0]?.reason ?? "", /sets other labels .*\(team\)/);
    assert.match(reReads(added, text)[0]?.reason ?? "", /\(team\)/);
    assert.match(reReads(text, changed)[0]?.reason ?? "", /\(app\)/);
  });

  it("finds the labels of pods and nodes that settings add", () => {
    const more = composePipeline(settingsOf({ logs: moreLabels })).text;
    assert.match(reReads(text, more)[0]?.reason ?? "", /\(team, tier, zone\)/);
  });

  it("finds nothing in what stands behind the source, in comments, and in which pods are kept", () => {
    for (const same of [
      text.replace('replacement  = sys.env("CLUSTER_NAME")', 'replacement  = "x"'),
      text.replaceAll(/^\s*\/\/.*$/gm, ""),
      text.replace('regex         = ".*"', 'regex         = "a|b"'),
      text.replace('role = "pod"', 'role = "pod"\n\tattach_metadata {\n\t\tnode = true\n\t}'),
    ]) {
      assert.notEqual(same, text);
      assert.deepEqual(reReads(text, same), []);
    }
  });
});
