import assert from "node:assert/strict";

import { named, record } from "../support/recording";

describe("a stack's namespace", () => {
  it("lets Pod Security enforce what a hostPath can pass, and say what it would like", async () => {
    const { metadata } = named(await record(), "alloy-monitoring-namespace").inputs as {
      metadata: { name: string; labels: Record<string, string> };
    };
    assert.equal(metadata.name, "monitoring");
    const levels = Object.entries(metadata.labels).filter(([label]) => label.startsWith("pod-security"));
    assert.deepEqual(Object.fromEntries(levels), {
      "pod-security.kubernetes.io/enforce": "privileged",
      "pod-security.kubernetes.io/audit": "restricted",
      "pod-security.kubernetes.io/warn": "restricted",
    });
  });
});
