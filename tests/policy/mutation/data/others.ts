import type { Mutation } from "../mutation";
import { additions, collector, config, fields, goodDeployment, inMonitoring, set } from "./fields";

const namespace = "Namespace/monitoring";
const password = "correct-horse-battery";
const mode = (name: string): string => `metadata.labels["pod-security.kubernetes.io/${name}"]`;

const knownPassword = {
  object: "Secret/alloy-credentials",
  field: "stringData",
  set: { "loki.json": JSON.stringify({ username: "alloy", password }) },
};
/** A value of the stack's Secret in another place, too. */
const copied = (object: string, field: string, value: unknown): Mutation => ({
  rule: "secret-elsewhere",
  base: "foreign",
  edits: [knownPassword, { object, field, set: value }],
});

export const otherMutations: Mutation[] = [
  ...fields("secret-literal", "foreign", set, [
    [`${collector}.env[9]`, { name: "LOKI_PASSWORD", value: password }],
    [`${collector}.args[9]`, `--password=${password}`],
    [`${collector}.command`, ["sh", "-c", `TOKEN=${password} alloy run`]],
    [`${collector}.args`, ["--password", password]],
    [`${collector}.livenessProbe`, { exec: { command: ["ping", `--password=${password}`] } }],
    ["metadata.annotations.applied", `{"url":"https://alloy:${password}@loki.example.com/"}`],
    ['spec.template.metadata.annotations["example.com/note"]', "Bearer abcdefghijklmnopqrstuvwxyz"],
  ]),
  ...fields("secret-literal", "foreign", config, [
    ["data.token", password],
    ['data["loki.alloy"]', `basic_auth {\n  password = "${password}"\n}`],
    ["binaryData.key", Buffer.from("-----BEGIN PRIVATE KEY-----").toString("base64")],
  ]),
  copied(config, "data.note", `it is ${password}`),
  copied(config, "binaryData", { note: Buffer.from(`alloy:${password}\n`).toString("base64") }),
  copied(set, "metadata.annotations", { note: password }),
  copied("ServiceAccount/alloy", "metadata.labels.note", password),
  copied("Secret/alloy-credentials", 'metadata.annotations["last-applied"]', `{"password":"${password}"}`),
  {
    rule: "secret-elsewhere",
    base: "foreign",
    edits: [knownPassword],
    add: [{ type: "pulumi:pulumi:Stack", name: "other-production", props: { login: { password } } }],
  },
  ...fields("namespace-explicit", "foreign", set, [["metadata.namespace", "kube-system"]]),
  ...fields("namespace-explicit", "foreign", "PodMonitor/alloy", [["metadata.namespace"]]),
  ...fields("namespace-explicit", "foreign", "ServiceAccount/alloy", [["metadata.namespace", "default"]]),
  ...fields("namespace-pod-security", "foreign", namespace, [
    [mode("enforce")],
    [mode("audit"), "baseline"],
    [mode("warn"), "privileged"],
    ['metadata.labels["admission.gatekeeper.sh/ignore"]', "no-self-managing"],
    ["metadata.labels"],
  ]),
  ...fields("kubernetes-typed", "foreign", config, [
    ["kind", "ClusterRoleBinding"],
    ["apiVersion", "rbac.authorization.k8s.io/v1"],
  ]),
  ...additions("kubernetes-typed", "foreign", [
    { type: "kubernetes:helm.sh/v3:Release", name: "extra", props: { chart: "alloy", namespace: "monitoring" } },
    { type: "kubernetes:helm.sh/v4:Chart", name: "extra", props: { chart: "alloy" } },
    { type: "kubernetes:yaml/v2:ConfigFile", name: "extra", props: { file: "alloy.yaml" } },
    { type: "kubernetes:kustomize/v2:Directory", name: "extra", props: { directory: "overlay" } },
  ]),
  ...additions("kubernetes-patch", "foreign", [
    { type: "kubernetes:core/v1:ConfigMapPatch", name: "extra", props: { ...inMonitoring, data: { a: "b" } } },
    { type: "kubernetes:core/v1:ServiceAccountPatch", name: "extra", props: { ...inMonitoring, secrets: [] } },
    { type: "kubernetes:apps/v1:DeploymentPatch", name: "extra", props: goodDeployment },
    {
      type: "kubernetes:core/v1:NodePatch",
      name: "extra",
      props: { metadata: { name: "node-1", labels: { a: "b" } } },
    },
  ]),
  ...additions("provider-explicit", "foreign", [
    { type: "kubernetes:core/v1:ConfigMap", name: "a", props: { ...inMonitoring, data: {} }, provider: "default" },
    { type: "kubernetes:apps/v1:Deployment", name: "b", props: goodDeployment, provider: "default_4_34_2" },
    { type: "kubernetes:core/v1:ServiceAccount", name: "c", props: inMonitoring, provider: "default" },
  ]),
];
