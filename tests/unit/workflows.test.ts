import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { repoRoot } from "../../sandbox/paths";
import { calledScripts, steps, workflows } from "../support/workflows";

describe("the workflows", () => {
  it("are there: pull request, merge, policy pack, drift, a cluster of kind", () => {
    const names = workflows.map(([name]) => name);
    for (const name of ["preview.yml", "up.yml", "policy.yml", "drift.yml", "kind.yml"])
      assert.ok(names.includes(name), name);
  });

  it("name every action by its commit", () => {
    const used = steps.flatMap(([name, { uses }]) =>
      uses === undefined || uses.startsWith("./") ? [] : [`${name}: ${uses}`],
    );
    assert.ok(used.length > 5);
    assert.deepEqual(
      used.filter((text) => !/@[0-9a-f]{40}$/.test(text)),
      [],
    );
  });

  it("may read and no more, but for what a job says itself, and trust no fork", () => {
    for (const [name, { on, permissions, jobs }] of workflows) {
      assert.deepEqual(permissions, { contents: "read" }, name);
      assert.equal("pull_request_target" in on, false, `${name} would run a fork's code with a token`);
      for (const [job, { permissions: own = {}, if: condition = "" }] of Object.entries(jobs)) {
        assert.equal(own["contents"] ?? "read", "read", `${name}: ${job}`);
        if ("pull_request" in on && own["id-token"] === "write")
          assert.match(condition, /head\.repo\.full_name == github\.repository/, `${name}: ${job}`);
      }
    }
    for (const [name, { uses = "", with: inputs }] of steps)
      if (uses.startsWith("actions/checkout@")) assert.equal(inputs?.["persist-credentials"], false, name);
  });

  it("put nothing that others write into a shell: values come by the environment", () => {
    for (const [name, { run = "" }] of steps) assert.doesNotMatch(run, /\$\{\{/, name);
  });

  it("call npm scripts that exist", () => {
    const { scripts } = JSON.parse(fs.readFileSync(path.join(repoRoot, "package.json"), "utf8")) as { scripts: object };
    assert.ok(calledScripts.size >= 8, [...calledScripts].join(" "));
    for (const script of calledScripts)
      if (script !== "ci") assert.ok(script in scripts, `package.json has no ${script}`);
  });
});
