import type { Mutation } from "../mutation";
import { additions, collector, fields, inMonitoring, monitor, pod, prepare, set, written } from "./fields";

const before = (rule: string, block: string, at = "logging {"): Mutation => written(rule, at, `${block}\n\n${at}`);

export const closedWorldMutations: Mutation[] = [
  ...additions("alloy-resources", "production", [
    { type: "kubernetes:core/v1:ConfigMap", name: "extra", props: { ...inMonitoring, data: { a: "b" } } },
    { type: "kubernetes:core/v1:Service", name: "extra", props: { ...inMonitoring, spec: { selector: { a: "b" } } } },
    { type: "kubernetes:example.com/v1:Widget", name: "extra", props: { ...inMonitoring, spec: { size: 1 } } },
    {
      type: "random:index/randomId:RandomId",
      name: "extra",
      props: { byteLength: 4 },
      providerType: "pulumi:providers:random",
      provider: "random",
    },
  ]),
  ...fields("alloy-fields", "production", set, [
    [`${collector}.command`],
    [`${collector}.command[4]`, "/var/lib/other"],
    [`${collector}.command[5]`, "600"],
    [`${collector}.command[6]`, "loki.source.file.pods"],
    [`${collector}.lifecycle`, { preStop: { exec: { command: ["/bin/sleep", "1"] } } }],
    [`${collector}.args[8]`, "--cluster.enabled=true"],
    [`${collector}.env[4]`, { name: "GODEBUG", value: "http2debug=2" }],
    [`${collector}.livenessProbe.failureThreshold`, 60],
    [`${collector}.volumeMounts[1].readOnly`, true],
    [`${pod}.terminationGracePeriodSeconds`, 1],
    [`${prepare}.command[2]`, 'chown 473:473 "$1"'],
    [`${prepare}.resources.limits.memory`, "256Gi"],
    ["spec.updateStrategy.rollingUpdate.maxSurge", 1],
    ["spec.template.metadata.labels.more", "label"],
  ]),
  ...fields("alloy-fields", "production", monitor, [
    ["spec.podMetricsEndpoints[0].interval", "1ms"],
    ["spec.podMetricsEndpoints[0].metricRelabelings", [{ action: "drop", sourceLabels: ["__name__"], regex: ".*" }]],
    ["spec.namespaceSelector", { any: true }],
  ]),
  ...fields("alloy-fields", "canary", "DaemonSet/alloy-canary", [[`${collector}.args[10]`, "-interval=1us"]]),
  ...fields("alloy-fields", "network", "NetworkPolicy/alloy", [["metadata.labels.more", "label"]]),
  { rule: "alloy-complete", base: "local", remove: ["Secret/alloy-credentials"] },
  { rule: "alloy-complete", base: "production", remove: ["Namespace/monitoring"] },
  { rule: "alloy-complete", base: "canary", remove: ["ServiceAccount/alloy-canary"] },
  before("alloy-pipeline-components", 'declare "remotecfg" {\n}'),
  before("alloy-pipeline-components", "livedebugging {\n\tenabled = true\n}", 'loki.process "pods" {'),
  before(
    "alloy-pipeline-components",
    'loki.source.api "in" {\n\tforward_to = [loki.write.default.receiver]\n}',
    'loki.write "default" {',
  ),
  written(
    "alloy-pipeline-components",
    '\tendpoint {\n\t\tname                = "loki"',
    '\tendpoint {\n\t\ttls_config {\n\t\t\tinsecure_skip_verify = true\n\t\t}\n\t\tname                = "loki"',
  ),
  written("alloy-pipeline-addresses", "http://loki-gateway.monitoring.svc:80/loki", "http://203.0.113.7/loki"),
  written("alloy-pipeline-addresses", "set_collectors = ", 'note = "see http://203.0.113.7/"\n\tset_collectors = '),
  before(
    "alloy-pipeline-addresses",
    'prometheus.scrape "more" {\n\ttargets = [{"__address__" = "203.0.113.7:80"}]\n\tforward_to = [prometheus.remote_write.default.receiver]\n}',
  ),
  written(
    "alloy-pipeline-addresses",
    'replacement  = sys.env("CLUSTER_NAME")\n\t}',
    'replacement  = sys.env("CLUSTER_NAME")\n\t}\n\n\trule {\n\t\ttarget_label = "__address__"\n\t}',
  ),
  written("alloy-pipeline-secrets", "is_secret      = true", "is_secret      = false"),
  written("alloy-pipeline-secrets", "/etc/alloy-credentials/loki.json", "/var/lib/alloy/loki.json"),
  written(
    "alloy-pipeline-secrets",
    'replacement  = sys.env("CLUSTER_NAME")',
    "replacement  = convert.nonsensitive(local.file.loki_credentials.content)",
  ),
  written("alloy-pipeline-secrets", '["username"]', '["password"]'),
];
