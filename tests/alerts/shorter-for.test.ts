import assert from "node:assert/strict";

import { parse, stringify } from "yaml";

import { prometheusRuleSpec, type PrometheusRuleSpec } from "../../alerts/prometheus-rule";
import { parseDuration } from "../../kit/units";
import { withShorterFor } from "../support/shorter-for";
import { alertStacks } from "./stacks";

describe("the rules with which the deep tests see alerts fire", () => {
  for (const [stack, { settings, text }] of Object.entries(alertStacks))
    it(`differ from those that are deployed in the time that they hold, and in nothing else: ${stack}`, () => {
      const deployed = stringify(prometheusRuleSpec(settings, text));
      const rulesOf = (file: string) => (parse(file) as PrometheusRuleSpec).groups.flatMap(({ rules }) => rules);
      const [before, after] = [rulesOf(deployed), rulesOf(withShorterFor(deployed, 60))];
      const without = (rules: typeof before): unknown[] => rules.map((rule) => ({ ...rule, for: undefined }));
      assert.deepEqual(without(after), without(before));
      const times = before.flatMap((rule, at) => {
        const [long, short] = [rule, after[at]].map((one) => (one && "for" in one ? one.for : undefined));
        return long === undefined ? [] : [[parseDuration(long), parseDuration(short ?? "")] as const];
      });
      assert.ok(times.length > 15, String(times.length));
      for (const [long = 0, short = 0] of times)
        assert.ok(short >= 1_000 && Math.abs(short - long / 60) <= 500, `${long} ${short}`);
    });

  it("cannot be made of a file without rules", () => {
    assert.throws(() => withShorterFor("groups: []", 60), /no rules/);
  });
});
