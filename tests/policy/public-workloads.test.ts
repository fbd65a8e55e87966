import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { parse } from "yaml";

import type { RuleConfig } from "../../policy/rule";
import { genericRules } from "../../policy/rules";
import { resource, run } from "./support";

interface Workload {
  alarms: Record<string, RuleConfig>;
  objects: ({ apiVersion: string; kind: string; metadata: { name: string } } & Record<string, unknown>)[];
}

const workloads = ["public-workloads.yaml", "public-operators.yaml", "public-platforms.yaml"].reduce<
  Record<string, Workload>
>((all, file) => {
  const text = fs.readFileSync(path.join(__dirname, file), "utf8");
  return { ...all, ...(parse(text, { merge: true }) as { workloads: Record<string, Workload> }).workloads };
}, {});

// A rule that cries wolf is switched off: as bad as a hole.
describe("what respectable projects publish", () => {
  it("is of thirteen projects, and of their parts with rights", () => assert.equal(Object.keys(workloads).length, 19));

  for (const [name, { alarms, objects }] of Object.entries(workloads)) {
    const made = objects.map((object) => {
      const module = object.apiVersion.includes("/") ? object.apiVersion : `core/${object.apiVersion}`;
      return resource(`kubernetes:${module}:${object.kind}`, object.metadata.name, object);
    });
    const said = (config: Record<string, RuleConfig>): Map<string, string[]> =>
      new Map(
        genericRules.flatMap((rule) => {
          const { violations, unknown } = run(rule, made, { config: config[rule.name] ?? {}, environment: "other" });
          return violations.length + unknown.length === 0 ? [] : [[rule.name, [...violations, ...unknown]] as const];
        }),
      );

    it(`${name} passes with what its configuration names`, () => assert.deepEqual([...said(alarms)], []));

    it(`${name} is told of nothing else without it`, () =>
      assert.deepEqual([...said({}).keys()].sort(), Object.keys(alarms).sort()));
  }
});
