import type { Mutation } from "../mutation";
import { collector, fields, pod } from "./fields";

const set = "DaemonSet/alloy";
const template = "spec.template.metadata";
const terms = `${pod}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
const config = "ConfigMap/alloy-config";
const policy = "NetworkPolicy/alloy";

/** In the pipeline's text, the first is replaced by the second. */
const written = (rule: string, from: string, to: string): Mutation => ({
  rule,
  base: "managed-cluster",
  edits: [{ object: config, field: 'data["config.alloy"]', replace: [from, to] }],
});

/** What the settings for other people's clusters decide, changed behind their back. */
export const managedClusterMutations: Mutation[] = [
  ...fields("alloy-fields", "managed-cluster", set, [
    [`${pod}.tolerations`],
    [`${pod}.tolerations[2]`, { operator: "Exists" }],
    [`${pod}.tolerations[1].effect`],
    [`${pod}.affinity`],
    [`${terms}[0].matchExpressions[0].operator`, "In"],
    [`${terms}[0].matchExpressions[9]`, { key: "pool", operator: "Exists" }],
    // A second term is an alternative: a node that fulfils one of them gets a collector.
    [`${terms}[1]`, { matchExpressions: [{ key: "type", operator: "Exists" }] }],
    [`${pod}.securityContext.seLinuxOptions.level`, "s0:c1"],
    [`${pod}.securityContext.seLinuxOptions.type`, "container_init_t"],
    [`${pod}.securityContext.seLinuxOptions`],
    [`${template}.labels.team`],
    [`${template}.annotations["sidecar.istio.io/inject"]`, "true"],
    [`${template}.annotations.more`, "annotation"],
    ["metadata.labels.team", "other"],
    ['metadata.annotations["example.com/runbook"]'],
    [`${collector}.env[1].value`, "http://203.0.113.7:3128"],
    [`${collector}.env[2]`],
  ]),
  ...fields("alloy-arguments", "managed-cluster", set, [
    // HTTPS_PROXY and NO_PROXY.
    [`${collector}.env[4].value`, "http://203.0.113.7:3128"],
    [`${collector}.env[6].value`, "*"],
    [`${collector}.env[9]`, { name: "ALL_PROXY", value: "http://proxy.corp.internal:3128" }],
  ]),
  ...fields("alloy-fields", "managed-cluster", "ServiceAccount/alloy", [
    ['metadata.annotations["eks.amazonaws.com/role-arn"]'],
  ]),
  ...fields("service-account-cloud-role", "managed-cluster", "ServiceAccount/alloy", [
    ['metadata.annotations["eks.amazonaws.com/role-arn"]', "arn:aws:iam::111122223333:role/admin"],
  ]),
  ...fields("alloy-fields", "managed-cluster", config, [['data["loki-ca.crt"]', "other"]]),
  ...fields("alloy-fields", "managed-cluster", "Namespace/monitoring", [["metadata.labels.team"]]),
  ...fields("alloy-fields", "managed-cluster", "ClusterRoleBinding/alloy", [["metadata.annotations"]]),
  ...fields("alloy-network", "managed-cluster", policy, [
    ["spec.egress[1].ports[0].port", 5353],
    ["spec.egress[1].to[0].ipBlock.cidr", "fd00:ec2::/32"],
    ["spec.egress[1].to[1]", { ipBlock: { cidr: "::/0" } }],
  ]),
  ...fields("alloy-fields", "managed-cluster", policy, [["spec.egress[1].ports[1]"]]),
  written("alloy-pipeline-addresses", "http://proxy.corp.internal:3128", "http://203.0.113.7:3128"),
  written("alloy-pipeline-secrets", "/etc/alloy/loki-ca.crt", "/var/lib/alloy/loki-ca.crt"),
  written(
    "alloy-pipeline-secrets",
    '\t\tname = "prometheus"',
    '\t\ttls_config {\n\t\t\tca_file = "/etc/alloy/loki-ca.crt"\n\t\t}\n\n\t\tname = "prometheus"',
  ),
  written("alloy-pipeline-components", 'proxy_url = "http', 'proxy_from_environment = true\n\n\t\tproxy_url = "http'),
  written(
    "alloy-pipeline-secrets",
    'region = "eu-west-1"',
    'region = "eu-west-1"\n\t\t\tsecret_key = "AKIAIOSFODNN7EXAMPLE"',
  ),
];
