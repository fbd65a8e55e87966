import assert from "node:assert/strict";

import { parseAlloy } from "../../pipeline/language";
import { checkFiles } from "../../pipeline/section-checks/files";
import { checkOneNode } from "../../pipeline/section-checks/one-node";
import type { SectionCheck } from "../../pipeline/section-checks/finding";
import { sectionWarnings } from "../../pipeline/section-warnings";

const place = {
  entry: undefined,
  key: "alloy:extraSections.0",
  env: [],
  storage: "/var/lib/alloy",
  readPaths: [],
  canary: false,
  atLeastOnce: false,
};
const found = (check: SectionCheck, text: string): string =>
  check(parseAlloy(text), place)
    .map(({ problem, remedy }) => `${problem} → ${remedy}`)
    .join("\n");
const oneNode = (text: string): string => found(checkOneNode, text);
const files = (text: string): string => found(checkFiles, text);

const scrape = (targets: string): string => `prometheus.scrape "x" {\n targets = ${targets}\n forward_to = []\n}\n`;
const discovery = (role: string, inside = ""): string =>
  `discovery.kubernetes "x" {\n role = "${role}"\n ${inside}\n}\n`;
const relabel = (rule: string): string =>
  `discovery.relabel "r" {\n targets = discovery.kubernetes.x.targets\n rule {\n ${rule}\n }\n}\n`;
const used = scrape("discovery.kubernetes.x.targets");
const keep = (label: string, regex = 'sys.env("NODE_NAME")'): string =>
  `source_labels = ["${label}"]\n regex = ${regex}\n action = "keep"`;

describe("a source in a collector on every node", () => {
  for (const [text, words] of [
    ['loki.source.kubernetes_events "x" {\n}', /events of the whole cluster, .*once a node → .*one replica/],
    // Inside of a component of the section's own, and of a template, it is read just as often.
    ['declare "events" {\n loki.source.kubernetes_events "x" {\n}\n}', /events of the whole cluster/],
    ['foreach "x" {\n template {\n loki.source.podlogs "x" {\n}\n}\n}', /pods of the whole cluster/],
    [`declare "all" {\n${discovery("pod") + used}}`, /would read each of them once a node/],
    ['loki.source.podlogs "x" {\n}', /pods of the whole cluster/],
    ['prometheus.operator.servicemonitors "x" {\n}', /Prometheus Operator's resources/],
    ['mimir.rules.kubernetes "x" {\n}', /copies rules/],
    ['prometheus.exporter.blackbox "x" {\n}', /outside of the node/],
    [
      discovery("pod") + used,
      /would read each of them once a node → write selectors \{ role = "pod" field = "spec\.nodeName="/,
    ],
    [discovery("node") + used, /field = "metadata\.name="/],
    [discovery("endpoints") + used, /__meta_kubernetes_endpoint_node_name/],
    [discovery("endpointslice") + used, /endpointslice_endpoint_node_name/],
    [discovery("service") + used, /is on no node/],
    [discovery("ingress") + used, /is on no node/],
    [discovery("pod", 'selectors {\n role = "pod"\n label = "app=x"\n}') + used, /once a node/],
    [discovery("pod", 'selectors {\n role = "pod"\n field = "spec.nodeName=worker-1"\n}') + used, /once a node/],
    [
      discovery("pod", 'selectors {\n role = "node"\n field = "spec.nodeName=" + sys.env("NODE_NAME")\n}') + used,
      /once a node/,
    ],
    [discovery("pod") + relabel('action = "labelmap"') + scrape("discovery.relabel.r.output"), /once a node/],
    [
      discovery("pod") + relabel(keep("__meta_kubernetes_namespace")) + scrape("discovery.relabel.r.output"),
      /once a node/,
    ],
    // https://github.com/grafana/k8s-monitoring-helm/issues/1753
    [
      discovery(
        "pod",
        'selectors {\n role = "pod"\n field = "spec.nodeName=" + coalesce(sys.env("HOSTNAME"), constants.hostname)\n}',
      ) + used,
      /once a node/,
    ],
    // https://github.com/signalfx/signalfx-agent/issues/1490
    [discovery("endpoints", 'namespaces {\n names = ["default"]\n}') + used, /once a node/],
    // https://github.com/jmcgrath207/k8s-ephemeral-storage-metrics/issues/115
    [
      discovery("node") +
        relabel('target_label = "__metrics_path__"') +
        scrape("array.concat(discovery.relabel.r.output)"),
      /once a node/,
    ],
  ] as const)
    it(`is refused if it reads more than its node: ${text.split("\n").slice(0, 3).join(" ")}`, () =>
      assert.match(oneNode(text), words));

  it("is accepted if the API server or a rule leaves only its node", () => {
    const field = (role: string, of: string): string =>
      discovery(role, `selectors {\n role = "${role}"\n field = "${of}=" + sys.env("NODE_NAME")\n}`);
    for (const text of [
      field("pod", "spec.nodeName") + used,
      field("pod", "status.phase=Running,spec.nodeName") + used,
      field("node", "metadata.name") + used,
      discovery("pod") + relabel(keep("__meta_kubernetes_pod_node_name")) + scrape("discovery.relabel.r.output"),
      discovery("endpoints") +
        relabel(keep("__meta_kubernetes_endpoint_node_name")) +
        scrape("discovery.relabel.r.output"),
      discovery("service"),
      scrape("discovery.relabel.pods.output"),
      'prometheus.exporter.self "x" {\n}',
    ])
      assert.equal(oneNode(text), "", text);
  });
});

describe("files that a section reads", () => {
  for (const [text, file] of [
    ['loki.source.journal "x" {\n forward_to = []\n}', "/var/log/journal"],
    ['loki.source.journal "x" {\n path = "/run/log/journal"\n}', "/run/log/journal"],
    [
      'local.file_match "x" {\n path_targets = [{ __path__ = "/var/log/kubernetes/audit/*.log", job = "a" }]\n}',
      "/var/log/kubernetes/audit",
    ],
    ['loki.source.file "x" {\n targets = [{"__path__" = "/var/log/syslog"}]\n}', "/var/log/syslog"],
    ['local.file "x" {\n filename = "/etc/machine-id"\n}', "/etc/machine-id"],
    ['prometheus.exporter.unix "x" {\n rootfs_path = "/host/root"\n}', "/host/root"],
    [
      'prometheus.exporter.unix "x" {\n textfile {\n  directory = "/var/lib/node_exporter"\n }\n}',
      "/var/lib/node_exporter",
    ],
    ['discovery.docker "x" {\n host = "unix:///var/run/docker.sock"\n}', "/var/run/docker.sock"],
    ['loki.source.file "x" {\n targets = [{ __path__ = "/var/lib/alloyed/x" }]\n}', "/var/lib/alloyed/x"],
    // https://github.com/SlashNephy/infrastructure/issues/9728
    ['loki.source.journal "x" {\n path = "/host/var/log/journal"\n}', "/host/var/log/journal"],
    // https://github.com/grafana/alloy/issues/5161
    ['local.file_match "x" {\n path_targets = [{ "__path__" = "/var/log/**/*.log" }]\n}', "/var/log/"],
    // https://github.com/grafana/alloy/issues/5161 again, by the other component that reads files.
    ['otelcol.receiver.filelog "x" {\n include = ["/var/log/pods/*/*/*.log"]\n output {\n }\n}', "/var/log/pods"],
    ['declare "d" {\n loki.source.journal "x" {\n }\n}', "/var/log/journal"],
    // The usual way of Promtail: a rule makes the path of a pod's file.
    [
      'discovery.relabel "x" {\n targets = []\n rule {\n  target_label = "__path__"\n  replacement = "/var/log/pods/*$1/*.log"\n }\n}',
      "/var/log/pods",
    ],
  ] as const)
    it(`are refused if no mount has them: ${text.split("\n").join(" ")}`, () => {
      const words = files(text);
      assert.ok(words.includes(`reads ${file}`), words);
      assert.match(words, /which the pod does not mount: it would read nothing/);
    });

  it("are accepted in the pod's own directories", () => {
    for (const text of [
      'local.file "x" {\n filename = "/etc/alloy-credentials/loki.json"\n}',
      'local.file "x" {\n filename = "/var/run/secrets/kubernetes.io/serviceaccount/token"\n}',
      'loki.source.file "x" {\n targets = [{ __path__ = "/var/lib/alloy/notes.log" }]\n}',
      'prometheus.exporter.unix "x" {\n set_collectors = ["cpu"]\n procfs_path = "/proc"\n}',
      'discovery.relabel "x" {\n targets = []\n rule {\n  target_label = "path"\n  replacement = "/var/log"\n }\n}',
    ])
      assert.equal(files(text), "", text);
  });
});

describe("warnings of sections", () => {
  const source =
    'loki.source.kubernetes "s" {\n targets = []\n forward_to = [loki.process.a.receiver]\n}\nloki.write "w" {\n}\n';
  const step = (id: string, next: string, stages: string): string =>
    `loki.process "${id}" {\n forward_to = [${next}.receiver]\n ${stages}\n}\n`;
  const labels = (name: string): string => `stage.labels {\n values = { ${name} = "" }\n}`;
  const multiline = 'stage.match {\n selector = "{a=\\"b\\"}"\n stage.multiline {\n  firstline = "^x"\n }\n}';

  it("name a label out of lines that may have any number of values, and none that has few", () => {
    const warned = (name: string): number => sectionWarnings(source + step("a", "loki.write.w", labels(name))).length;
    for (const name of ["branch_id", "shopId", "error", "pg_user"]) assert.equal(warned(name), 1, name);
    for (const name of ["level", "severity", "env", "tenant_id", "status_code"]) assert.equal(warned(name), 0, name);
  });

  it("say that lines are joined too late", () => {
    const late = source + step("a", "loki.process.b", labels("level")) + step("b", "loki.write.w", multiline);
    assert.match(sectionWarnings(late).join(), /stage\.multiline comes after loki\.process\.a/);
    const early = source + step("a", "loki.process.b", multiline) + step("b", "loki.write.w", labels("level"));
    assert.deepEqual(sectionWarnings(early), []);
  });

  it("say that every node would scrape the same target", () => {
    const address = (value: string): string => scrape(`[{ "__address__" = ${value} }]`);
    assert.match(
      sectionWarnings(address('"kube-state-metrics.monitoring.svc:8080"')).join(),
      /scrapes kube-state-metrics.*every node/,
    );
    for (const value of ['sys.env("NODE_IP") + ":9253"', '"127.0.0.1:12345"'])
      assert.deepEqual(sectionWarnings(address(value)), []);
  });

  it("say that every node would ask the same server", () => {
    for (const text of [
      'discovery.dns "ksm" {\n names = ["ksm.monitoring.svc"]\n}',
      'prometheus.exporter.redis "db" {\n redis_addr = "redis.shop.svc:6379"\n}',
    ])
      assert.match(sectionWarnings(text).join(), /^warning: line 1 .*every node, .*one replica\.$/);
    for (const text of [
      'prometheus.exporter.redis "db" {\n redis_addr = sys.env("NODE_IP") + ":6379"\n}',
      'prometheus.exporter.redis "db" {\n redis_addr = "localhost:6379"\n}',
    ])
      assert.deepEqual(sectionWarnings(text), []);
  });
});
