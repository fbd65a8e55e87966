import assert from "node:assert/strict";
import { compare, replaceOn, withoutIgnored } from "../stand-ins/diff";
import { gvkOfType } from "../stand-ins/kubernetes/kinds";
import { handOver, needsForce, ownedByOthers } from "../stand-ins/kubernetes/managed-fields";
import { canonicalQuantity, normalize } from "../stand-ins/kubernetes/normalize";
import type { KubernetesObject } from "../stand-ins/kubernetes/objects";
import { markSecrets, prune } from "../stand-ins/kubernetes/objects";
import { podProblem, readiness } from "../stand-ins/kubernetes/readiness";
import { replaceRule } from "../stand-ins/kubernetes/replace";
import { goNetworkError } from "../stand-ins/go-errors";
import type { PropertyMap } from "../stand-ins/values";
import { Secret, UNKNOWN } from "../stand-ins/values";

describe("plugin diffs", () => {
  const never = (): boolean => false;

  it("name each leaf that differs, and how", () => {
    const before = { a: 1, list: ["x", "y"], map: { gone: true, same: "s" } };
    const after = { a: 2, list: ["x", "z", "new"], map: { same: "s" }, more: "m" };
    assert.deepEqual([...compare(before, after, never)].map(([path, change]) => `${path} ${change.kind}`).sort(), [
      "a update",
      "list[1] update",
      "list[2] add",
      "map.gone delete",
      "more add",
    ]);
  });

  it("take an unknown for a change and a secret for what it holds", () => {
    assert.deepEqual([...compare({ a: "x", b: "y" }, { a: UNKNOWN, b: new Secret("y") }, never).keys()], ["a"]);
  });

  it("leave ignored places out", () => {
    const changes = compare({ a: { b: 1, c: 1 } }, { a: { b: 2, c: 2 } }, replaceOn(["a"]));
    assert.deepEqual([...withoutIgnored(changes, ["a.b"])], [["a.c", { kind: "update", replace: true }]]);
  });
});

describe("kubernetes stand-in: replacement", () => {
  const ruleFor = (type: string, configMap = false) => replaceRule(gvkOfType(type), {}, { configMap, secret: false });

  it("follows from identity for every kind", () => {
    const rule = ruleFor("kubernetes:core/v1:ServiceAccount");
    assert.equal(rule(["metadata", "name"]), true);
    assert.equal(rule(["metadata", "namespace"]), true);
    assert.equal(rule(["metadata", "labels", "name"]), false);
  });

  it("follows from immutable fields and what lies below them, and from nothing above", () => {
    const rule = ruleFor("kubernetes:apps/v1:DaemonSet");
    assert.equal(rule(["spec", "selector", "matchLabels", "app"]), true);
    assert.equal(rule(["spec", "template", "spec", "containers", 0, "image"]), false);
    assert.equal(rule(["spec"]), false);
  });

  it("follows from data unless the option lifts it, and always for an immutable object", () => {
    const type = "kubernetes:core/v1:ConfigMap";
    assert.equal(ruleFor(type)(["data", "a"]), true);
    assert.equal(ruleFor(type, true)(["data", "a"]), false);
    const frozen = replaceRule(gvkOfType(type), { immutable: true }, { configMap: true, secret: true });
    assert.equal(frozen(["data", "a"]), true);
  });

  it("follows from a pod's containers, whichever of them it is", () => {
    const rule = ruleFor("kubernetes:core/v1:Pod");
    assert.equal(rule(["spec", "containers", 3, "image"]), true);
    assert.equal(rule(["spec", "containers", 1]), true);
  });
});

describe("kubernetes stand-in: normal form", () => {
  for (const [given, canonical] of [
    ["1000m", "1"],
    ["0.5", "500m"],
    ["0.5Gi", "512Mi"],
    ["1024Mi", "1Gi"],
    ["100m", "100m"],
    ["1500Mi", "1500Mi"],
    ["1000", "1k"],
    ["0", "0"],
    ["0.1Ki", "102400m"],
    ["0.0000000001", "1n"],
    ["-1000m", "-1"],
    ["500mb", "500mb"],
  ]) {
    it(`writes the quantity ${given} as ${canonical}, as the server does`, () => {
      assert.equal(canonicalQuantity(given ?? ""), canonical);
    });
  }

  it("turns a Secret's stringData into data and keeps it secret", () => {
    const secret = normalize(gvkOfType("kubernetes:core/v1:Secret"), {
      kind: "Secret",
      stringData: new Secret({ a: "x" }),
    });
    assert.deepEqual(secret, { kind: "Secret", data: new Secret({ a: "eA==" }) });
  });

  it("leaves custom resources alone: their fields may be called anything", () => {
    const spec = { limits: { cpu: "1000m" } };
    assert.deepEqual(normalize(gvkOfType("kubernetes:monitoring.coreos.com/v1:PodMonitor"), { spec }), { spec });
  });

  it("prunes what the inputs do not speak of", () => {
    const live: PropertyMap = { spec: { a: 1, server: 2, list: [{ x: 1, server: 2 }, { x: 2 }] }, status: {} };
    assert.deepEqual(prune(live, { spec: { a: 0, list: [{ x: 0 }] } }), { spec: { a: 1, list: [{ x: 1 }] } });
  });

  it("marks secrets where the inputs had them, and a list with one as a whole", () => {
    const marked = markSecrets(
      { a: { b: "x", c: "y" }, list: ["1", "2"] },
      { a: { b: new Secret("x") }, list: ["1", new Secret("2")] },
    );
    assert.deepEqual(marked, { a: { b: new Secret("x"), c: "y" }, list: new Secret(["1", "2"]) });
  });
});

describe("kubernetes stand-in: field managers", () => {
  const live: KubernetesObject = {
    metadata: {
      name: "x",
      resourceVersion: "7",
      managedFields: [
        { manager: "me", operation: "Update", fieldsV1: { "f:data": { "f:a": {} } } },
        { manager: "me", operation: "Apply", fieldsV1: { "f:data": { "f:b": {} } } },
        { manager: "other", operation: "Apply", fieldsV1: { "f:data": { "f:c": {} } } },
        { manager: "me", operation: "Update", subresource: "status", fieldsV1: { "f:status": {} } },
      ],
    },
  };

  it("hands the creator's fields over, guarded by the version", () => {
    assert.deepEqual(handOver(live, "me"), [
      { op: "test", path: "/metadata/resourceVersion", value: "7" },
      {
        op: "replace",
        path: "/metadata/managedFields",
        value: [
          { manager: "other", operation: "Apply", fieldsV1: { "f:data": { "f:c": {} } } },
          { manager: "me", operation: "Update", subresource: "status", fieldsV1: { "f:status": {} } },
          { manager: "me", operation: "Apply", fieldsV1: { "f:data": { "f:a": {}, "f:b": {} } } },
        ],
      },
    ]);
    assert.equal(needsForce(live, "me"), true);
    assert.equal(handOver(live, "other"), undefined);
  });

  it("know which fields are somebody else's alone", () => {
    assert.equal(ownedByOthers(live, "me", ["data", "c"]), true);
    assert.equal(ownedByOthers(live, "me", ["data", "b"]), false);
    assert.equal(ownedByOthers(live, "me", ["data", "nobody"]), false);
  });
});

describe("kubernetes stand-in: readiness of a DaemonSet", () => {
  const status = {
    observedGeneration: 2,
    desiredNumberScheduled: 3,
    currentNumberScheduled: 3,
    updatedNumberScheduled: 3,
    numberAvailable: 3,
    numberReady: 3,
  };
  const daemonSet = (change: object): KubernetesObject => ({
    kind: "DaemonSet",
    metadata: { name: "x", generation: 2 },
    status: { ...status, ...change },
  });

  it("is reached when every count is", () => {
    assert.deepEqual(readiness(daemonSet({})), {
      ready: true,
      message: "All replicas scheduled as expected. Replicas: 3",
    });
  });

  for (const [change, message] of [
    [{ observedGeneration: 1 }, "DaemonSet generation is 2, but latest observed generation is 1"],
    [{ observedGeneration: undefined }, "Missing status.observedGeneration"],
    [{ currentNumberScheduled: 2 }, "Current: 2/3"],
    [{ updatedNumberScheduled: 1 }, "Updated: 1/3"],
    [{ numberAvailable: undefined }, "Available: 0/3"],
    [{ numberReady: 2 }, "Ready: 2/3"],
  ] as const) {
    it(`waits while it says: ${message}`, () => {
      assert.deepEqual(readiness(daemonSet(change)), { ready: false, message });
    });
  }

  it("quotes what its pods say", () => {
    const pod: KubernetesObject = {
      kind: "Pod",
      metadata: { name: "alloy-x", namespace: "monitoring" },
      status: {
        conditions: [
          {
            type: "Ready",
            status: "False",
            reason: "ContainersNotReady",
            message: "containers with unready status: [alloy]",
          },
        ],
        containerStatuses: [
          { name: "alloy", ready: false, state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } } },
        ],
      },
    };
    assert.equal(
      podProblem(pod),
      "[Pod monitoring/alloy-x]: containers with unready status: [alloy]; [ImagePullBackOff] no such image",
    );
    assert.equal(podProblem({ ...pod, status: { conditions: [{ type: "Ready", status: "True" }] } }), undefined);
  });
});

describe("plugin network errors", () => {
  const cases: [unknown, string][] = [
    [
      Object.assign(new Error("x"), { code: "ECONNREFUSED", address: "127.0.0.1" }),
      "dial tcp 127.0.0.1:8200: connect: connection refused",
    ],
    [
      new AggregateError([Object.assign(new Error("x"), { code: "ECONNREFUSED", address: "::1" })]),
      "dial tcp [::1]:8200: connect: connection refused",
    ],
    [Object.assign(new Error("x"), { code: "ENOTFOUND" }), "dial tcp: lookup vault.example: no such host"],
    [
      Object.assign(new Error("x"), { code: "ETIMEDOUT" }),
      "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
    ],
    [
      Object.assign(new Error("x"), { code: "SELF_SIGNED_CERT_IN_CHAIN" }),
      "tls: failed to verify certificate: x509: certificate signed by unknown authority",
    ],
  ];
  for (const [error, text] of cases) {
    it(`read as the official plugins': ${text}`, () => {
      assert.equal(
        goNetworkError("GET", "https://vault.example:8200/v1/x", error),
        `Get "https://vault.example:8200/v1/x": ${text}`,
      );
    });
  }
});
