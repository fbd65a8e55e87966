import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { parse } from "yaml";

import { genericRules } from "../../policy/rules";
import { resource, run } from "./support";

interface BadStack {
  refusedBy: Record<string, string>;
  resources: Record<string, { apiVersion: string; kind: string } & Record<string, unknown>>;
}

const file = path.join(__dirname, "bad-stacks.yaml");
const { stacks } = parse(fs.readFileSync(file, "utf8"), { merge: true }) as { stacks: Record<string, BadStack> };

// Each is bad in one way and in no other: what refuses it is the rule that is named.
describe("bad stacks", () => {
  it("are at least ten", () => assert.ok(Object.keys(stacks).length >= 10));

  for (const [name, { refusedBy, resources }] of Object.entries(stacks))
    it(`${name} is refused by ${Object.keys(refusedBy).join(" and ")} alone`, () => {
      const made = Object.entries(resources).map(([logicalName, object]) => {
        const module = object.apiVersion.includes("/") ? object.apiVersion : `core/${object.apiVersion}`;
        return resource(`kubernetes:${module}:${object.kind}`, logicalName, object);
      });
      const said = genericRules.flatMap((rule) =>
        run(rule, made).violations.map((message) => `${rule.name} ${/"([^"]+)"/.exec(message)?.[1] ?? ""}`),
      );
      const expected = Object.entries(refusedBy).map(([rule, object]) => `${rule} ${object}`);
      assert.deepEqual([...new Set(said)].sort(), expected.sort());
    });
});
