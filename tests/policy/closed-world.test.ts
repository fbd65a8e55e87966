import assert from "node:assert/strict";

import * as fc from "fast-check";

import { goldenNames, goldenRecording, goldenVariants } from "../../operations/recording/golden";
import { recordProgram } from "../../operations/recording/record-program";
import { repoRoot } from "../../kit/repo-root";
import { readStackFile } from "../../settings/stack-file";
import { judged, resourcesOf } from "./mutation/bases";
import { configOf } from "../support/settings";
import { stackValues } from "./stack-generator";

// It warns of somebody else's bug where the log WAL is on, which is a choice.
const warnings = ["alloy-known-bugs"];

function complaints(config: Record<string, string>, resources: ReturnType<typeof resourcesOf>): string[] {
  const { rules, judge } = judged(resources, config);
  const said = judge(
    resources,
    rules.filter(({ name }) => !warnings.includes(name)),
  );
  return [...said].map(([rule, messages]) => `${rule}: ${messages.join("\n")}`);
}

describe("the closed world and the program agree", function () {
  this.timeout(240_000);

  for (const name of goldenNames)
    it(`on ${name}`, async () => {
      const { stack, config } = goldenVariants[name] ?? { stack: name, config: {} };
      const resources = resourcesOf(await goldenRecording(name));
      assert.ok(resources.length > 10);
      assert.deepEqual(complaints({ ...readStackFile(stack, repoRoot).config, ...config }, resources), []);
    });

  it("on every combination of settings that a generator makes, at preview and at up", async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(stackValues, fc.boolean(), async (values, preview) => {
        const config = configOf(values);
        const resources = resourcesOf(await recordProgram({ stack: "test", config, preview }));
        for (const { type } of resources) seen.add(type);
        assert.deepEqual(complaints(config, resources), []);
      }),
      { seed: 18, numRuns: 120, endOnFailure: true },
    );
    // A generator that never makes a resource would prove nothing about it.
    for (const type of [
      "random:index/randomPassword:RandomPassword",
      "vault:kv/secretV2:SecretV2",
      "vault:index/policy:Policy",
      "vault:kubernetes/authBackendRole:AuthBackendRole",
      "kubernetes:core/v1:Secret",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy",
      "kubernetes:monitoring.coreos.com/v1:PodMonitor",
    ])
      assert.ok(seen.has(type), type);
  });
});
