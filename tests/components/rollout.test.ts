import assert from "node:assert/strict";

import { named, record } from "../support/recording";

describe("a stack: who waits for the nodes", () => {
  for (const [title, rollout, skipped] of [
    ["npx alloyctl up, by default", {}, "true"],
    ["npx alloyctl up, for those that are Ready", { await: "ready" }, "true"],
    ["nobody", { await: "none" }, "true"],
    ["the engine, for all of them", { await: "all" }, undefined],
  ] as const)
    it(title, async () => {
      const { inputs } = named(await record({ rollout }), "alloy-collectors-daemon-set");
      const { metadata } = inputs as { metadata: { annotations?: Record<string, string> } };
      assert.equal(metadata.annotations?.["pulumi.com/skipAwait"], skipped);
    });
});
