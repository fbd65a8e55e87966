import assert from "node:assert/strict";

import { namespacedKinds } from "../../policy/known-kinds";
import type { Resource } from "../../policy/rule";
import { kindAllowed } from "../../policy/rules/kind-allowed";
import { resource, run } from "./support";

const of = (type: string): Resource =>
  resource(`kubernetes:${type}`, "a", { metadata: { name: "a", namespace: "shop" } });

describe("custom kinds", () => {
  it("lets every kind pass that is listed as one with a namespace: no other table refuses it", () => {
    const listed = Object.entries(namespacedKinds).flatMap(([group, kinds]) =>
      kinds.map((kind) => `${group}/v1:${kind}`),
    );
    assert.ok(listed.length > 60);
    assert.equal(new Set(listed).size, listed.length);
    for (const type of listed) assert.deepEqual(run(kindAllowed, of(type)).violations, []);
  });

  it("does not let a list of kinds open one that reaches further", () => {
    const options = { config: { allowed: ["helm.cattle.io/HelmChart", "karpenter.sh/NodePool", "example.com/App"] } };
    assert.equal(run(kindAllowed, of("helm.cattle.io/v1:HelmChart"), options).violations.length, 1);
    assert.equal(run(kindAllowed, of("karpenter.sh/v1:NodePool"), options).violations.length, 1);
    assert.deepEqual(run(kindAllowed, of("example.com/v1:App"), options).violations, []);
    assert.equal(run(kindAllowed, of("example.com/v1:ClusterApp"), options).violations.length, 1);
  });
});
