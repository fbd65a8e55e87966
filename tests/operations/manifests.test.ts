import assert from "node:assert/strict";

import { parseAllDocuments } from "yaml";

import { repoRoot } from "../../kit/repo-root";
import { kubernetesObjects, redacted, redactSecrets, sortKeys, toYaml } from "../../operations/recording/manifests";
import { recordProgram, type RecordedResource } from "../../operations/recording/record-program";
import { readStackFile } from "../../settings/stack-file";

const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

function resource(kind: string, name: string, more: Partial<RecordedResource> = {}): RecordedResource {
  return {
    type: `kubernetes:core/v1:${kind}`,
    name,
    parent: "alloy",
    read: false,
    custom: true,
    inputs: { kind, apiVersion: "v1", metadata: { name } },
    options: {
      protect: false,
      retainOnDelete: false,
      ignoreChanges: [],
      dependsOn: [],
      provider: "kubernetes",
      timeouts: {},
    },
    ...more,
  };
}

describe("manifests: secrets", () => {
  it("are replaced wherever they are, and nothing else is", () => {
    const value = { a: secret("hidden"), b: [1, secret(["hidden"]), { c: secret(7), d: "seen" }], e: null };
    assert.deepEqual(redactSecrets(value), { a: redacted, b: [1, redacted, { c: redacted, d: "seen" }], e: null });
  });

  it("keep the keys of a map, which tell which files a pod gets", () => {
    assert.deepEqual(redactSecrets({ data: secret({ "loki.json": { deep: "hidden" }, b: "hidden" }) }), {
      data: { "loki.json": redacted, b: redacted },
    });
  });

  it("of a Secret are shown as stringData, which need not be base64", () => {
    const inputs = { kind: "Secret", metadata: { name: "x" }, data: secret({ a: "aGlkZGVu" }) };
    const [object] = kubernetesObjects([resource("Secret", "x", { inputs })]);
    assert.deepEqual(object, { kind: "Secret", metadata: { name: "x" }, stringData: { a: redacted } });
  });
});

describe("manifests: order", () => {
  it("is that in which objects can be applied, then by name", () => {
    const kinds = [
      "PrometheusRule",
      "PodMonitor",
      "DaemonSet",
      "Secret",
      "ConfigMap",
      "Other",
      "ClusterRole",
      "Namespace",
    ];
    const resources = kinds.flatMap((kind) => [resource(kind, "b"), resource(kind, "a")]);
    const order = [
      "Namespace",
      "ClusterRole",
      "ConfigMap",
      "Secret",
      "DaemonSet",
      "PodMonitor",
      "PrometheusRule",
      "Other",
    ];
    assert.deepEqual(
      kubernetesObjects(resources).map(
        ({ kind, metadata }) => `${String(kind)} ${(metadata as { name: string }).name}`,
      ),
      order.flatMap((kind) => [`${kind} a`, `${kind} b`]),
    );
  });

  it("leaves out components, providers, other clouds and what is only read", () => {
    const resources = [
      resource("Namespace", "read", { read: true }),
      resource("Alloy", "component", { type: "detectviz:alloy:Alloy", custom: false }),
      resource("Provider", "provider", { type: "pulumi:providers:kubernetes" }),
      resource("SecretV2", "vault", { type: "vault:kv/secretV2:SecretV2" }),
    ];
    assert.deepEqual(kubernetesObjects(resources), []);
  });

  it("sorts keys at every level and leaves lists as they are", () => {
    assert.equal(
      JSON.stringify(sortKeys({ b: [{ z: 1, y: 2 }, 3, 1], a: { d: 1, c: 2 } })),
      '{"a":{"c":2,"d":1},"b":[{"y":2,"z":1},3,1]}',
    );
  });

  it("begins each document as people write it, and gives the same text whatever the order of keys was", () => {
    const text = toYaml([{ spec: { b: 1, a: 2 }, metadata: { name: "x" }, kind: "K", apiVersion: "v1" }]);
    assert.equal(text, "apiVersion: v1\nkind: K\nmetadata:\n  name: x\nspec:\n  a: 2\n  b: 1\n");
    assert.equal(text, toYaml([{ apiVersion: "v1", kind: "K", metadata: { name: "x" }, spec: { a: 2, b: 1 } }]));
  });

  it("shows text with line breaks as a block", () => {
    assert.match(
      toYaml([{ kind: "ConfigMap", data: { "config.alloy": "one {\n\ttwo = 2\n}\n" } }]),
      /config\.alloy: \|\n {4}one \{\n {4}\ttwo/,
    );
  });
});

describe("manifests: production", () => {
  interface KubernetesObject {
    apiVersion: string;
    kind: string;
    metadata: { name: string; namespace?: string };
    [field: string]: unknown;
  }

  let text: string;
  let objects: KubernetesObject[];

  before(async () => {
    const { resources } = await recordProgram({ stack: "production", ...readStackFile("production", repoRoot) });
    text = toYaml(kubernetesObjects(resources));
    const documents = parseAllDocuments(text);
    assert.ok(Array.isArray(documents));
    objects = documents.map((document) => document.toJS() as KubernetesObject);
  });

  it("is these ten objects", () => {
    assert.deepEqual(
      objects.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`),
      [
        "v1 Namespace monitoring",
        "v1 ServiceAccount alloy",
        "rbac.authorization.k8s.io/v1 ClusterRole alloy",
        "rbac.authorization.k8s.io/v1 ClusterRoleBinding alloy",
        "v1 ConfigMap alloy-config",
        "v1 ConfigMap alloy-dashboard",
        "v1 Secret alloy-credentials",
        "apps/v1 DaemonSet alloy",
        "monitoring.coreos.com/v1 PodMonitor alloy",
        "monitoring.coreos.com/v1 PrometheusRule alloy",
      ],
    );
  });

  it("is in monitoring, where a namespace applies", () => {
    const clusterWide = ["Namespace", "ClusterRole", "ClusterRoleBinding"];
    for (const { kind, metadata } of objects)
      assert.equal(metadata.namespace, clusterWide.includes(kind) ? undefined : "monitoring", kind);
  });

  it("grants exactly the eight permissions", () => {
    const role = objects.find(({ kind }) => kind === "ClusterRole");
    const rules = role?.["rules"] as { apiGroups: string[]; resources: string[]; verbs: string[] }[];
    const granted = rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) => resources.flatMap((name) => verbs.map((verb) => `${group}/${name} ${verb}`))),
    );
    assert.deepEqual(granted.sort(), [
      "/nodes list",
      "/nodes watch",
      "/pods get",
      "/pods list",
      "/pods watch",
      "/pods/log get",
      "/services list",
      "/services watch",
    ]);
  });

  it("shows no secret", () => {
    const found = objects.find(({ kind }) => kind === "Secret");
    assert.deepEqual(found?.["stringData"], { "loki.json": redacted });
    assert.ok(found && !("data" in found));
    assert.doesNotMatch(text, /made-up|bWFkZS11c/);
  });
});
