import type { Resource } from "../../../policy/rule";
import { completeStack } from "../../../policy/rules/alloy/complete";
import { expectedStack } from "../../../policy/rules/alloy/expected/stack";
import { expectedFields } from "../../../policy/rules/alloy/fields";
import { addressesOf, credentialPlacesOf } from "../../../policy/rules/alloy";
import { pipelineAddresses } from "../../../policy/rules/alloy/pipeline-addresses";
import { pipelineComponents } from "../../../policy/rules/alloy/pipeline-components";
import { pipelineSecrets } from "../../../policy/rules/alloy/pipeline-secrets";
import { expectedResources } from "../../../policy/rules/alloy/resources";
import { happyBinding, happyConfigMap, happyServiceAccount, pipeline, settings } from "../happy";
import type { Failure, RuleSpec } from "../spec";
import { withField } from "../support";

const stack = expectedStack(settings, pipeline);
const provider = { type: "pulumi:providers:kubernetes", name: "kubernetes", props: {} };

/** Under the logical name that the program gives it. */
const as = (name: string, made: Resource): Resource => ({ ...made, name, provider });

const labels = {
  "app.kubernetes.io/name": "alloy",
  "app.kubernetes.io/instance": "alloy",
  "app.kubernetes.io/component": "collector",
  "app.kubernetes.io/part-of": "detectviz",
  "app.kubernetes.io/managed-by": "pulumi",
  "detectviz.io/environment": "production",
};
const binding = (): Resource =>
  as("alloy-access-cluster-role-binding", withField(happyBinding(), "metadata", { name: "alloy", labels }));
const account = (): Resource =>
  as("alloy-access-service-account", withField(happyServiceAccount(), "metadata.labels", labels));
const configMap = (): Resource =>
  as("alloy-pipeline-config-map", withField(happyConfigMap(), "metadata.labels", labels));

const place = { namespace: "monitoring", configMap: "alloy-config", key: "config.alloy" };
const field = 'data["config.alloy"]';

/** Another text of the pipeline, and what has to be said of it. */
const written = (set: string, says: string): Failure => ({ field, set, says });

const rest = (): Resource[] =>
  stack.resources
    .filter(({ name }) => name !== "alloy-access-service-account")
    .map(({ type, name }) => ({ ...account(), type, name }));

export const closedWorldSpecs: RuleSpec[] = [
  {
    rule: expectedFields(stack),
    happy: binding,
    failures: [
      { field: "roleRef.name", set: "other" },
      { field: "subjects[0].namespace", set: "other" },
      { field: "subjects[1]", set: { kind: "ServiceAccount", name: "alloy", namespace: "monitoring" } },
      { field: "metadata.annotations", set: { a: "b" } },
      { field: "metadata.labels" },
      { field: "subjects" },
    ],
    passes: [
      { field: "metadata.annotations", set: null },
      { field: "__defaults", set: [] },
    ],
    unknown: ["roleRef", "subjects[0].name", "metadata"],
  },
  {
    rule: expectedFields(stack),
    happy: configMap,
    failures: [
      { field, set: `${pipeline.text}\n`, says: `${field} is not the text that the settings make, from line` },
      { field, set: 7 },
      { field },
      { field: "data.other", set: "a" },
      { field: "data", set: "a" },
    ],
    passes: [{ field: "immutable", set: null }],
    unknown: ["data", field],
  },
  {
    rule: completeStack(stack),
    happy: () => [account(), ...rest()],
    failures: [],
    passes: [{ field: "metadata" }],
    unknown: [],
  },
  {
    rule: expectedResources(stack),
    happy: account,
    failures: [],
    passes: [{ field: "metadata" }],
    unknown: [],
  },
  {
    rule: pipelineComponents(place),
    happy: configMap,
    failures: [
      written('declare "a" {\n}\n', "line 1: declare is no component"),
      written('remotecfg {\n  url = "https://a"\n}\n', "remotecfg is no component"),
      written('import.git "a" {\n}\n', "import.git is no component"),
      written("livedebugging {\n}\n", "livedebugging is no component"),
      written('loki.source.syslog "a" {\n}\n', "loki.source.syslog is no component"),
      written(
        'loki.write "a" {\n  endpoint {\n    tls_config {\n      insecure_skip_verify = true\n    }\n  }\n}\n',
        "line 4: insecure_skip_verify takes any",
      ),
      written(
        'discovery.kubernetes "a" {\n  role = "pod"\n  api_server = "https://a"\n}\n',
        "line 3: discovery.kubernetes may not be told api_server",
      ),
      written('prometheus.exporter.unix "a" {\n  rootfs_path = "/"\n}\n', "may not be told rootfs_path"),
      written('loki.source.kubernetes "a" {\n  client {\n  }\n}\n', "may not have the block client"),
      written(
        'prometheus.scrape "a" {\n  clustering {\n    enabled = true\n  }\n}\n',
        "the block clustering shares work",
      ),
    ],
    passes: [
      { field },
      {
        field,
        set: 'loki.write "a" {\n  endpoint {\n    tls_config {\n      insecure_skip_verify = false\n    }\n  }\n}\n',
      },
      { field, set: 'loki.secretfilter "a" {\n}\n' },
    ],
    unknown: [field, "data"],
  },
  {
    rule: pipelineAddresses(place, addressesOf(settings)),
    happy: configMap,
    failures: [
      written(
        'loki.write "a" {\n  endpoint {\n    url = "https://elsewhere.example.com/push"\n  }\n}\n',
        "line 3: url names a host",
      ),
      written('loki.write "a" {\n  endpoint {\n    url = "http://" + sys.env("A")\n  }\n}\n', "url is not one URL"),
      written('prometheus.scrape "a" {\n  targets = [{"__address__" = "10.0.0.1:80"}]\n}\n', "targets has a target"),
      written(
        'loki.write "a" {\n  endpoint {\n    proxy_url = "http://loki-gateway.monitoring.svc:8888"\n  }\n}\n',
        "proxy_url names a host",
      ),
      written(
        'discovery.kubernetes "a" {\n  kubeconfig_file = "/a"\n}\n',
        "kubeconfig_file takes an address from a file",
      ),
      written(
        'discovery.relabel "a" {\n  rule {\n    target_label = "__address__"\n  }\n}\n',
        "a rule sets __address__",
      ),
    ],
    passes: [
      { field },
      { field, set: `loki.write "a" {\n  endpoint {\n    url = ${JSON.stringify(settings.lokiUrl)}\n  }\n}\n` },
      { field, set: 'prometheus.scrape "a" {\n  targets = [{"__address__" = sys.env("NODE_IP") + ":9253"}]\n}\n' },
    ],
    unknown: [field],
  },
  {
    rule: pipelineSecrets(place, credentialPlacesOf(settings)),
    happy: configMap,
    failures: [
      written('local.file "loki_credentials" {\n  filename = "/etc/alloy-credentials/loki.json"\n}\n', "does not mark"),
      written(
        'local.file "a" {\n  filename = "/etc/passwd"\n  is_secret = true\n}\n',
        "no credential of these settings",
      ),
      written(
        'loki.process "a" {\n  stage.static_labels {\n    values = { a = convert.nonsensitive(local.file.loki_credentials.content) }\n  }\n}\n',
        "values is no place for what a credential holds",
      ),
      written(
        'loki.write "a" {\n  endpoint {\n    url = "http://a/push"\n    basic_auth {\n      username = encoding.from_json(convert.nonsensitive(local.file.loki_credentials.content))["username"]\n    }\n  }\n}\n',
        "not loki's is given loki's credential",
      ),
      written(
        'loki.write "a" {\n  endpoint {\n    basic_auth {\n      username = encoding.from_json(convert.nonsensitive(local.file.loki_credentials.content))["password"]\n    }\n  }\n}\n',
        "username is no place",
      ),
      written(
        'loki.write "a" {\n  endpoint {\n    bearer_token = convert.nonsensitive(remote.vault.loki.data.token)\n  }\n}\n',
        "bearer_token is no place",
      ),
      written(
        'loki.write "a" {\n  endpoint {\n    bearer_token_file = "/var/run/secrets/kubernetes.io/serviceaccount/token"\n  }\n}\n',
        "bearer_token_file is no file",
      ),
      written('loki.write "a" {\n  endpoint {\n    bearer_token = "abc"\n  }\n}\n', "bearer_token is written out"),
    ],
    passes: [{ field }, { field, set: 'logging {\n  level = "info"\n}\n' }],
    unknown: [field],
  },
];
