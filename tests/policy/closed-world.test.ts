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
      { seed: 18, numRuns: 60, endOnFailure: true },
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
      "kubernetes:monitoring.coreos.com/v1:PrometheusRule",
    ])
      assert.ok(seen.has(type), type);
  });
});

describe("the closed world", () => {
  const config = readStackFile("production", repoRoot).config;
  let stack: ReturnType<typeof resourcesOf> = [];
  const refusing = (resources: typeof stack): string => complaints(config, resources).join("\n");

  before(async () => {
    stack = resourcesOf(await goldenRecording("production"));
  });

  it("refuses a resource more, by name, whatever it is", () => {
    const [first] = stack;
    assert.ok(first);
    const other = { ...first, type: "kubernetes:core/v1:ConfigMap", name: "other", props: {} };
    assert.match(refusing([...stack, other]), /alloy-resources: ConfigMap "other" is nothing that the settings/);
  });

  it("refuses a known resource that another provider makes", () => {
    const elsewhere = stack.map((one) =>
      one.provider?.name === "kubernetes" ? { ...one, provider: { ...one.provider, name: "elsewhere" } } : one,
    );
    assert.match(refusing(elsewhere), /alloy-resources: .* is not made by this stack's provider kubernetes/);
  });

  it("refuses a stack without any one of its resources, and one that has it twice", () => {
    for (const { type, name } of stack.filter(({ type }) => type !== "pulumi:pulumi:Stack")) {
      const missing = refusing(stack.filter((one) => one.name !== name || one.type !== type));
      assert.ok(missing.includes(`alloy-complete: The stack has no ${type} "${name}"`), name);
    }
    assert.match(refusing([...stack, ...stack.slice(-1)]), /alloy-complete: The stack has 2 of/);
  });

  it("refuses an output more, and one with another value", () => {
    const withOutputs = (props: Record<string, unknown>): typeof stack =>
      stack.map((one) => (one.type === "pulumi:pulumi:Stack" ? { ...one, props } : one));
    assert.ok(stack.some(({ type }) => type === "pulumi:pulumi:Stack"));
    assert.equal(refusing(withOutputs({ clusterName: "detectviz-prod", daemonSet: "alloy" })), "");
    assert.match(
      refusing(withOutputs({ more: "a" })),
      /alloy-complete: pulumi:pulumi:Stack "alloy-production": more is no output/,
    );
    assert.match(refusing(withOutputs({ image: "a" })), /image is not what the settings make it/);
  });
});
