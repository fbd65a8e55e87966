import { kubernetesPatch } from "../../../policy/rules/kubernetes-patch";
import { kubernetesTyped } from "../../../policy/rules/kubernetes-typed";
import { namespaceExplicit } from "../../../policy/rules/namespace-explicit";
import { namespacePodSecurity } from "../../../policy/rules/namespace-pod-security";
import { secretElsewhere } from "../../../policy/rules/secret-elsewhere";
import { secretLiteral } from "../../../policy/rules/secret-literal";
import { happyConfigMap, happyDaemonSet, happyNamespace, happyPodMonitor, happySecret, password } from "../happy";
import type { RuleSpec } from "../spec";
import { unknownText } from "../support";

const container = "spec.template.spec.containers[0]";
const mode = (name: string): string => `metadata.labels["pod-security.kubernetes.io/${name}"]`;

export const otherSpecs: RuleSpec[] = [
  {
    rule: secretLiteral,
    happy: happyDaemonSet,
    failures: [
      {
        field: `${container}.env[0]`,
        set: { name: "LOKI_PASSWORD", value: password },
        says: `${container}.env[0].value sets LOKI_PASSWORD`,
      },
      { field: `${container}.env[1].value`, set: "-----BEGIN RSA PRIVATE KEY-----" },
      { field: `${container}.env[1].value`, set: `https://user:${password}@loki.example.com/` },
      { field: `${container}.args[2]`, set: `--password=${password}` },
      { field: `${container}.command`, set: ["sh", "-c", `TOKEN=${password} run`], says: `${container}.command[2]` },
      {
        field: `${container}.args`,
        set: ["--user", "a", "--db.password", password],
        says: `${container}.args[3] sets db.password`,
      },
      {
        field: `${container}.livenessProbe`,
        set: { exec: { command: ["sh", "-c", `ping --password=${password}`] } },
        says: `${container}.livenessProbe.exec.command[2] sets password`,
      },
      {
        field: `${container}.lifecycle`,
        set: { preStop: { exec: { command: ["curl", `https://a:${password}@b/`] } } },
        says: `${container}.lifecycle.preStop.exec.command[1] holds a URL`,
      },
      {
        field: `${container}.readinessProbe.httpGet.httpHeaders`,
        set: [{ name: "Authorization", value: "Basic YWxsb3k6aHVudGVyMg==" }],
        says: `${container}.readinessProbe.httpGet.httpHeaders[0].value holds a Basic credential`,
      },
      {
        field: `${container}.readinessProbe.httpGet.httpHeaders`,
        set: [{ name: "X-Api-Key", value: password }],
        says: `${container}.readinessProbe.httpGet.httpHeaders[0].value sets X-Api-Key`,
      },
      {
        field: "metadata.annotations",
        set: { "kubectl.kubernetes.io/last-applied-configuration": `{"url":"https://a:${password}@b/"}` },
        says: 'metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"] holds a URL',
      },
      {
        field: 'spec.template.metadata.annotations["a/b"]',
        set: "Bearer abcdefghijklmnopqrstuvwxyz",
        says: 'annotations["a/b"] holds a bearer token',
      },
    ],
    inContainers: [{ field: "env", set: [{ name: "API_KEY", value: password }] }],
    passes: [
      { field: `${container}.env` },
      { field: `${container}.env[0]`, set: { name: "LOKI_PASSWORD_FILE", value: "/etc/alloy-credentials/password" } },
      { field: `${container}.env[0]`, set: { name: "LOKI_PASSWORD", value: "$(FROM_ELSEWHERE)" } },
      { field: `${container}.env[0]`, set: { name: "TOKEN", valueFrom: { secretKeyRef: { name: "a", key: "b" } } } },
      { field: `${container}.env[0]`, set: { name: "TOKEN_TTL", value: "3600" } },
      { field: `${container}.args`, set: ["--password", "--verbose", "--token", "$(TOKEN)", "--password-file", "/a"] },
      { field: `${container}.readinessProbe.httpGet.httpHeaders`, set: [{ name: "Accept", value: "text/plain" }] },
    ],
    unknown: [
      `${container}.env[0].value`,
      `${container}.args[1]`,
      `${container}.readinessProbe`,
      "spec.template.metadata.annotations",
      "metadata.annotations",
    ],
  },
  {
    rule: secretLiteral,
    happy: happyConfigMap,
    failures: [
      { field: 'data["config.alloy"]', set: `basic_auth {\n  username = "a"\n  password = "${password}"\n}` },
      { field: 'data["config.alloy"]', set: `url = "http://a:${password}@b/"` },
      { field: "data.token", set: password },
      { field: 'data["app.yaml"]', set: `database:\n  password: ${password}\n` },
      { field: 'data["key.pem"]', set: "-----BEGIN PRIVATE KEY-----\nMIIE" },
      { field: "binaryData.key", set: Buffer.from("-----BEGIN EC PRIVATE KEY-----").toString("base64") },
      { field: "binaryData.token", set: Buffer.from(password).toString("base64") },
      { field: "metadata.annotations.note", set: `https://a:${password}@b/` },
    ],
    passes: [
      { field: "data" },
      { field: "data.any", set: 'password_file = "/etc/a"\nis_secret = true\ntoken = sys.env("A")\n// a comment' },
      { field: "data.any", set: 'password = convert.nonsensitive(local.file.a.content)["password"]' },
    ],
    unknown: ["data", 'data["config.alloy"]', "binaryData.key"],
  },
  {
    rule: secretElsewhere,
    happy: () => [happyConfigMap(), happySecret(), happyDaemonSet()],
    failures: [
      { field: "data.other", set: `x ${password} y` },
      { field: "metadata.annotations", set: { note: password }, says: "metadata.annotations.note" },
      { field: "data.list", set: [{ deep: password }], says: "data.list[0].deep" },
    ],
    passes: [
      { field: "data" },
      { field: "data.user", set: "alloy" },
      { field: "data.place", set: "monitoring" },
      // What only the cluster knows cannot hold our secret, and is unknown in every preview.
      { field: "metadata.uid", set: unknownText },
    ],
    unknown: [],
  },
  {
    rule: namespaceExplicit,
    happy: happyPodMonitor,
    options: { stackConfig: { allowed: ["monitoring"] } },
    failures: [
      { field: "metadata.namespace" },
      { field: "metadata.namespace", set: "kube-system" },
      { field: "metadata", says: "metadata.namespace" },
      { field: "metadata.namespace", set: "default", options: {} },
    ],
    passes: [{ field: "spec" }, { field: "metadata.namespace", set: "team", options: {} }],
    unknown: ["metadata.namespace", "metadata"],
  },
  {
    rule: namespacePodSecurity,
    happy: happyNamespace,
    failures: [
      { field: mode("enforce") },
      { field: mode("enforce"), set: "privileged" },
      { field: mode("audit") },
      { field: mode("audit"), set: "baseline" },
      { field: mode("warn"), set: "none" },
      { field: "metadata.labels", says: mode("warn") },
      { field: mode("enforce"), set: "baseline", options: { config: { enforce: "restricted" } } },
      ...[
        ["admission.gatekeeper.sh/ignore", "no-self-managing"],
        ["admission.gatekeeper.sh/ignore", ""],
        ["policy.sigstore.dev/exclude", "true"],
        ["openshift.io/run-level", "0"],
        ["cert-manager.io/disable-validation", "true"],
        ["securesystemsengineering.connaisseur/webhook", "ignore"],
        ["security.example.com/enforcement", "disabled"],
        ["policies.example.com/skip", "yes"],
      ].map(([key = "", set]) => ({
        field: `metadata.labels["${key}"]`,
        set,
        says: `metadata.labels["${key}"] takes the namespace out of what an admission webhook checks`,
      })),
    ],
    passes: [
      ...[
        ["cert-manager.io/disable-validation", "false"],
        ["policy.sigstore.dev/include", "true"],
        ["istio-injection", "disabled"],
        ["velero.io/exclude-from-backup", "true"],
        ["security-team", "platform"],
        ["policy-offset", "3"],
      ].map(([key = "", set]) => ({ field: `metadata.labels["${key}"]`, set })),
      { field: mode("enforce"), set: "restricted" },
      { field: mode("enforce"), set: "privileged", options: { stackConfig: { enforce: "privileged" } } },
    ],
    unknown: [mode("enforce"), mode("audit"), mode("warn"), "metadata"],
  },
  {
    rule: kubernetesTyped,
    happy: happyDaemonSet,
    failures: [
      { field: "kind", set: "Pod" },
      { field: "kind", set: "ClusterRole" },
      { field: "apiVersion", set: "v1" },
      { field: "apiVersion", set: "rbac.authorization.k8s.io/v1" },
    ],
    passes: [{ field: "kind" }, { field: "apiVersion" }],
    unknown: ["kind", "apiVersion"],
  },
  {
    rule: kubernetesPatch,
    happy: happyDaemonSet,
    failures: [],
    passes: [{ field: "kind" }, { field: "metadata" }],
    unknown: [],
  },
];
