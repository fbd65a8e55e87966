import assert from "node:assert/strict";

import { withoutObjects } from "../../operations/adoption/state";

describe("a state without the objects that came into it", () => {
  const urn = (name: string): string => `urn:pulumi:staging::alloy::x::${name}`;
  const kubernetes = (name: string, more: object = {}) => ({
    urn: urn(name),
    type: "kubernetes:core/v1:ConfigMap",
    custom: true,
    ...more,
  });

  it("keeps what was there, the components, the provider and what is no object of the cluster", () => {
    const state = {
      version: 3,
      deployment: {
        secrets_providers: { type: "passphrase" },
        resources: [
          { urn: urn("kubernetes"), type: "pulumi:providers:kubernetes", custom: true },
          { urn: urn("alloy"), type: "detectviz:alloy:Alloy" },
          kubernetes("before", {
            dependencies: [urn("new"), urn("alloy")],
            propertyDependencies: { data: [urn("new")], other: null },
          }),
          kubernetes("new"),
          { urn: urn("policy"), type: "vault:index/policy:Policy", custom: true, dependencies: [urn("new")] },
        ],
        pending_operations: [{ type: "creating" }],
      },
    };
    const { deployment, ...rest } = withoutObjects(state, ["before"]) as typeof state;
    assert.deepEqual(rest, { version: 3 });
    assert.deepEqual(
      deployment.resources.map((one) => one.urn),
      ["kubernetes", "alloy", "before", "policy"].map(urn),
    );
    assert.deepEqual(deployment.pending_operations, []);
    assert.deepEqual(deployment.secrets_providers, { type: "passphrase" });
    assert.deepEqual(
      deployment.resources[2],
      kubernetes("before", { dependencies: [urn("alloy")], propertyDependencies: { data: [], other: null } }),
    );
    assert.deepEqual((deployment.resources[3] as { dependencies?: string[] }).dependencies, []);
  });
});
