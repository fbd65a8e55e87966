import assert from "node:assert/strict";

import { parseMetrics, sumOf } from "../../../kit/metrics-text";
import { targetsOf } from "../proof/collector-counts";
import { judge, type Evidence } from "../proof/proof";

function happyEvidence(): Evidence {
  const labels = { namespace: "demo", app: "web", job: "demo/web", cluster: "c1", service_name: "web" };
  return {
    written: 3010,
    sent: 3010,
    dropped: 0,
    workloadWritten: 3000,
    workloadFound: 3000,
    streams: [
      { ...labels, node: "node-1" },
      { ...labels, node: "node-2", component: "frontend" },
    ],
    collectors: ["node-1", "node-2"].map((node) => ({
      node,
      sent: 1505,
      dropped: 0,
      targets: [{ node, container: `demo/web-${node}:web` }],
    })),
    sample: { labels: { pod: "web-node-1", container: "web" }, line: "seq=000001" },
    metricNodes: ["node-1", "node-2"],
  };
}

const settings = { clusterName: "c1" };
const failed = (evidence: Evidence): string[] =>
  judge(evidence, settings)
    .filter(({ holds }) => !holds)
    .map(({ claim }) => claim);

describe("the proof", () => {
  it("holds where everything arrived once", () => assert.deepEqual(failed(happyEvidence()), []));

  const sentOnce = "every line was sent once";
  const labels = "the streams' labels are namespace, app, component, job, cluster, node";
  const metrics = 'node_memory_MemTotal_bytes{cluster="c1"} of every node is in Prometheus';
  const structured = "pod and container are beside the line, as structured metadata";
  const own = "each collector reads its own node's pods only";
  const cases: [string, (evidence: Evidence) => void, string][] = [
    ["a double", (e) => (e.sent += 1), sentOnce],
    ["a lost line", (e) => (e.sent -= 1), sentOnce],
    ["a dropped line", (e) => (e.dropped = 1), sentOnce],
    ["nothing written", (e) => ((e.written = 0), (e.sent = 0)), sentOnce],
    ["a line that Loki lacks", (e) => (e.workloadFound -= 1), "every line of the workload is in Loki"],
    ["a pod label on a stream", (e) => (e.streams[0] = { ...e.streams[0], pod: "web-1" }), labels],
    ["another cluster's name", (e) => (e.streams[0] = { ...e.streams[0], cluster: "c2" }), labels],
    ["a stream without its node", (e) => delete e.streams[0]?.["node"], labels],
    ["a stream without its job", (e) => delete e.streams[1]?.["job"], labels],
    ["no stream with an app", (e) => e.streams.forEach((stream) => delete stream["app"]), labels],
    ["no stream with a component", (e) => e.streams.forEach((stream) => delete stream["component"]), labels],
    ["no stream", (e) => (e.streams = []), labels],
    ["another node's pod", (e) => e.collectors[0]?.targets.push({ node: "node-2", container: "demo/x:x" }), own],
    ["a collector without a target", (e) => e.collectors[0]?.targets.pop(), own],
    ["no collector", (e) => ((e.collectors = []), (e.metricNodes = [])), own],
    ["a line without its container", (e) => (e.sample = { labels: { pod: "p" }, line: "" }), structured],
    ["no sample", (e) => (e.sample = undefined), structured],
    ["a node without metrics", (e) => e.metricNodes.pop(), metrics],
  ];
  for (const [name, spoil, claim] of cases) {
    it(`fails for ${name}`, () => {
      const evidence = happyEvidence();
      spoil(evidence);
      assert.ok(failed(evidence).includes(claim), `${claim} held: ${JSON.stringify(failed(evidence))}`);
    });
  }
});

describe("a collector's metrics page", () => {
  const page = `# HELP loki_write_sent_entries_total x
# TYPE loki_write_sent_entries_total counter
loki_write_sent_entries_total{host="127.0.0.1:3100",tenant="a"} 12
loki_write_sent_entries_total{host="127.0.0.1:3100",tenant="b\\"c"} 1.5e+01
up 1
not a sample`;

  it("is read sample by sample", () => {
    const samples = parseMetrics(page);
    assert.equal(samples.length, 3);
    assert.deepEqual(samples[1]?.labels, { host: "127.0.0.1:3100", tenant: 'b"c' });
  });

  it("adds up a metric over its series", () => {
    assert.equal(sumOf(parseMetrics(page), "loki_write_sent_entries_total"), 27);
    assert.equal(sumOf(parseMetrics(page), "absent"), 0);
  });
});

describe("a log source's targets", () => {
  const text = (value: string) => ({ type: "string", value });
  const target = (node: string, pod: string) => ({
    type: "object",
    value: [
      { key: "__meta_kubernetes_namespace", value: text("demo") },
      { key: "__meta_kubernetes_pod_name", value: text(pod) },
      { key: "__meta_kubernetes_pod_container_name", value: text("web") },
      { key: "__meta_kubernetes_pod_node_name", value: text(node) },
    ],
  });

  it("are read from what Alloy tells its UI, in order of their names", () => {
    const value = { type: "array", value: [target("node-2", "b"), target("node-1", "a")] };
    assert.deepEqual(targetsOf(JSON.stringify({ arguments: [{ name: "targets", type: "attr", value }] })), [
      { node: "node-1", container: "demo/a:web" },
      { node: "node-2", container: "demo/b:web" },
    ]);
  });

  it("are none where the component has no such argument", () => assert.deepEqual(targetsOf("{}"), []));
});
