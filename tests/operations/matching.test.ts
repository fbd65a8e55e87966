import assert from "node:assert/strict";

import fc from "fast-check";

import { alternativesOf } from "../../operations/matching/alternatives";
import { type Census, type CensusPod } from "../../operations/matching/census";
import { matchReport } from "../../operations/matching/report";
import { deployedSelection, figuresOf, selectionOf } from "../../operations/matching/selection";
import { collectedContainers } from "../../operations/collectors/collected-containers";
import { composePipeline } from "../../pipeline/compose";
import { settingsOf, type StackValues } from "../support/settings";

const pod = (place: string, node = "worker-1", more: Partial<CensusPod> = {}): CensusPod => {
  const [namespace = "", name = ""] = place.split("/");
  return { namespace, name, node, annotations: {}, containers: 1, ...more };
};

const linux = (name: string, arch = "amd64", more: Record<string, string> = {}) => ({
  name,
  labels: { "kubernetes.io/os": "linux", "kubernetes.io/arch": arch, ...more },
});

const census = (more: Partial<Census> = {}): Census => ({
  nodes: [linux("worker-1"), linux("worker-2"), linux("control-1")],
  namespaces: ["team-a", "team-b", "kube-system", "kube-public", "monitoring"],
  pods: [
    pod("team-a/web-1", "worker-1", { containers: 2 }),
    pod("team-b/api-1", "worker-2"),
    pod("kube-system/dns-1", "control-1"),
    pod("monitoring/alloy-1", "worker-1", { annotations: { "detectviz.io/collect-logs": "false" } }),
    pod("team-b/pending-1", ""),
  ],
  podsLeftOut: 0,
  refusals: [],
  ...more,
});

const report = (values: StackValues, found = census(), before?: StackValues): string[] =>
  matchReport(settingsOf(values), found, before && selectionOf(settingsOf(before)));

describe("what the settings would match", () => {
  it("is counted: nodes, namespaces, pods and containers, and the pods that opt out", () => {
    assert.deepEqual(report({}), [
      "what the settings match now: 3 of 3 nodes, 5 of 5 namespaces, 3 of 5 pods, 4 containers (1 more pod could be read, and opted out)",
    ]);
    const [line] = report({ nodeSelector: "worker-.*", logs: { excludeNamespaces: "kube-.*|team-b" } });
    assert.match(line ?? "", /2 of 3 nodes, 2 of 5 namespaces, 1 of 5 pods, 2 containers/);
  });

  it("is compared with what is deployed, in the same cluster", () => {
    const lines = report({ logs: { includeNamespaces: "team-a" } }, census(), {});
    assert.match(lines[0] ?? "", /; what is deployed matches 3 nodes, 5 namespaces, 3 pods, 4 containers/);
    assert.ok(lines.includes("no longer collected: team-b, kube-system, kube-public, monitoring"), lines.join("\n"));
    assert.ok(
      report({}, census(), { logs: { excludeNamespaces: "kube-.*" } }).includes(
        "newly collected: kube-system, kube-public",
      ),
    );
    assert.equal(report({}, census(), {}).length, 1);
  });

  it("warns where it is nothing, and names what there is", () => {
    const warned = (values: StackValues, found = census()): string => report(values, found).slice(1).join("\n");
    assert.match(
      warned({ nodeSelector: "ip-.*" }),
      /alloy:nodeSelector ip-\.\* matches none of worker-1, worker-2, control-1/,
    );
    assert.match(warned({ logs: { includeNamespaces: "prod" } }), /includeNamespaces prod matches none of team-a, /);
    assert.match(
      warned({ logs: { excludeNamespaces: ".*" } }),
      /without alloy:logs\.excludeNamespaces \.\* matches none/,
    );
    assert.match(warned({ logs: { includeNamespaces: "kube-public" } }), /no pod of the cluster is in a namespace/);
    assert.match(warned({}, census({ nodes: [], pods: [] })), /the cluster has no node/);
    assert.match(warned({}, census({ pods: [] })), /no pod of the cluster/);
  });

  it("warns of an alternative, an exclusion and a limit that match nothing", () => {
    const limits = [
      { namespaces: "team-.*", linesPerSecond: 10, burst: 10 },
      { namespaces: "batch", linesPerSecond: 10, burst: 10 },
    ];
    const lines = report({
      nodeSelector: "worker-.*|wroker-.*",
      logs: { includeNamespaces: "team-a|teem-b|team-b", excludeNamespaces: "openshift-.*", rateLimits: limits },
    });
    assert.deepEqual(lines.slice(1), [
      "alloy:logs.rateLimits.0: 10 lines per second for each of team-a, team-b",
      "warning: alloy:logs.rateLimits.1: batch matches none of the 5 namespaces and limits nothing",
      "warning: alloy:nodeSelector: wroker-.* matches none of the 3 nodes of the cluster",
      "warning: alloy:logs.includeNamespaces: teem-b matches none of the 5 namespaces of the cluster",
      "warning: alloy:logs.excludeNamespaces: openshift-.* matches none of the 5 namespaces of the cluster",
    ]);
  });

  it("warns of a large jump, in both directions, and of no small one", () => {
    const many = Array.from({ length: 40 }, (_, at) => pod(`team-${at < 30 ? "a" : "b"}/p-${at}`));
    const found = census({ pods: many });
    const only = { logs: { includeNamespaces: "team-b" } };
    assert.match(
      report(only, found, {}).at(-1) ?? "",
      /^warning: the change takes the collectors from 40 to 10 containers/,
    );
    assert.match(report({}, found, only).at(-1) ?? "", /from 10 to 40 containers/);
    assert.doesNotMatch(report({ logs: { includeNamespaces: "team-a" } }, found, {}).join("\n"), /warning: the change/);
  });

  it("says of an image for one architecture which nodes cannot run it", () => {
    const found = census({
      nodes: [linux("worker-1"), linux("b", "arm64"), linux("w", "amd64", { "kubernetes.io/os": "windows" })],
    });
    const image = "docker.io/grafana/alloy:v1.18.1-arm64";
    assert.match(report({ image }, found).at(-1) ?? "", /for arm64 only, and worker-1 \(amd64\) cannot run it/);
    assert.equal(report({}, found).length, 1);
    assert.match(report({}, found)[0] ?? "", /2 of 3 nodes/);
  });

  it("leaves out nodes that get no collector, and their pods", () => {
    const found = census({
      nodes: [
        linux("worker-1"),
        linux("worker-2", "amd64", { pool: "spot" }),
        linux("control-1", "amd64", { pool: "spot" }),
      ],
    });
    const requirement = (operator: string, ...values: string[]) => ({
      pod: { nodeAffinity: [{ key: "pool", operator, values }] },
    });
    assert.match(
      report(requirement("NotIn", "spot"), found)[0] ?? "",
      /1 of 3 nodes, 5 of 5 namespaces, 1 of 5 pods, 2 containers/,
    );
    assert.match(report(requirement("Exists"), found)[0] ?? "", /2 of 3 nodes, .*, 2 of 5 pods/);
    assert.match(
      report(requirement("In", "gpu"), found).join("\n"),
      /nodeAffinity leaves out every node that alloy:nodeSelector matches/,
    );
    const fargate = census({
      nodes: [linux("worker-1"), linux("worker-2", "amd64", { "eks.amazonaws.com/compute-type": "fargate" })],
    });
    assert.match(report({}, fargate)[0] ?? "", /1 of 2 nodes/);
  });

  it("says what could not be listed, in one line, and counts the rest", () => {
    const refusals = ["GET /api/v1/pods: 403 forbidden"];
    assert.deepEqual(report({}, census({ pods: undefined, refusals })), [
      "what the settings match now: 3 of 3 nodes, 5 of 5 namespaces",
      "could not look at everything that they match (GET /api/v1/pods: 403 forbidden)",
    ]);
  });

  it("counts the pods that `collectedContainers` counts", () => {
    const annotation = fc.constantFrom<Record<string, string>>(
      {},
      { "detectviz.io/collect-logs": "false" },
      { "detectviz.io/collect-logs": "true" },
    );
    const place = fc.constantFrom("team-a/x", "team-b/x", "kube-system/x");
    const pods = fc.array(
      fc.tuple(place, fc.constantFrom("worker-1", "control-1", ""), annotation, fc.integer({ min: 1, max: 3 })),
    );
    const expressions = fc.constantFrom(".*", "team-.*", "team-a|kube-system", "none");
    fc.assert(
      fc.property(
        pods,
        expressions,
        fc.constantFrom("", "kube-.*", "team-b"),
        fc.constantFrom(".*", "worker-.*"),
        (list, include, exclude, nodes) => {
          const settings = settingsOf({
            nodeSelector: nodes,
            logs: { includeNamespaces: include, excludeNamespaces: exclude },
          });
          const counted = list.map(([at, node, annotations, containers]) => pod(at, node, { annotations, containers }));
          const whole = counted.map(({ namespace, name, node, annotations, containers }) => ({
            metadata: { namespace, name, annotations },
            spec: {
              containers: Array.from({ length: containers }, () => ({ name: "c" })),
              ...(node !== "" && { nodeName: node }),
            },
          }));
          const { containers } = figuresOf(selectionOf(settings), census({ pods: counted }));
          assert.equal(containers, collectedContainers(whole, settings).length);
        },
      ),
    );
  });
});

describe("what a deployed pipeline selects", () => {
  it("is read from its text as the settings had it", () => {
    for (const logs of [{}, { includeNamespaces: "a|b", excludeNamespaces: "c" }, { optOutAnnotation: "" }]) {
      const settings = settingsOf({ nodeSelector: "worker-.*", logs });
      const { text } = composePipeline(settings);
      const { placement } = selectionOf(settings);
      assert.deepEqual(deployedSelection(text, "worker-.*", placement), selectionOf(settings));
    }
  });

  it("is unknown of a text that selects in another way, or that reads no pods", () => {
    assert.equal(deployedSelection("", undefined), undefined);
    assert.equal(deployedSelection("x {", undefined), undefined);
    const own =
      'discovery.relabel "pods" {\n rule {\n  source_labels = ["x"]\n  regex = "y"\n  action = "keep"\n }\n}\n';
    assert.equal(deployedSelection(own, undefined), undefined);
  });
});

describe("the alternatives of an expression", () => {
  it("are those on its top level", () => {
    assert.deepEqual(alternativesOf("a|b(c|d)|[|]|\\|"), ["a", "b(c|d)", "[|]", "\\|"]);
    assert.deepEqual(alternativesOf("(a|b)"), ["a", "b"]);
    assert.deepEqual(alternativesOf("^(?:a|b)$"), ["a", "b"]);
    assert.deepEqual(alternativesOf(""), []);
  });
});
