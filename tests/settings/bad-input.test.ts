import assert from "node:assert/strict";

import * as fc from "fast-check";

import { UserError, type Problem } from "../../kit/user-error";
import { parseSettings } from "../../settings/parse-settings";
import { badValues as cases } from "./cases/values";

const file = "Pulumi.test.yaml";
const good = { "alloy:clusterName": "detectviz-test", "alloy:lokiTenant": "test", "alloy:environment": "local" };

function problemsOf(config: Record<string, string>): readonly Problem[] {
  try {
    parseSettings(config, file);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.problems;
  }
  return [];
}

const asConfig = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

describe("bad settings", () => {
  for (const [what, key, value, blamed, problem, remedy] of cases)
    it(`refuses ${what}, and says what to write`, () => {
      const problems = problemsOf({ ...good, [`alloy:${key}`]: asConfig(value) });
      assert.equal(problems.length, 1, JSON.stringify(problems));
      const [only] = problems;
      assert.equal(only?.file, file);
      assert.equal(only?.key, `alloy:${blamed}`);
      assert.match(only?.problem ?? "", problem);
      assert.match(only?.remedy ?? "", remedy);
    });

  it("reports every mistake at once, whatever they are", () => {
    // A rule across groups is silent where the other group is given, so it cannot be combined at will.
    const independent = cases.filter(([, key, , blamed]) => `${blamed}.`.startsWith(`${key}.`));
    fc.assert(
      fc.property(fc.subarray(independent, { minLength: 2 }), (picked) => {
        const byKey = new Map(picked.map((mistake) => [mistake[1], mistake]));
        const config: Record<string, string> = { ...good };
        for (const [key, mistake] of byKey) config[`alloy:${key}`] = asConfig(mistake[2]);
        const reported = new Set(problemsOf(config).map((problem) => problem.key));
        for (const [, , , blamed] of byKey.values()) assert.ok(reported.has(`alloy:${blamed}`), blamed);
      }),
    );
  });

  it("names all that is required, with an example of each", () => {
    assert.deepEqual(
      problemsOf({}).map(({ key, problem, remedy }) => [key, problem, remedy]),
      [
        ["alloy:clusterName", "is missing", "write a name such as detectviz-prod"],
        ["alloy:lokiTenant", "is missing", "write a tenant such as production"],
        ["alloy:environment", "is missing", "write one of production, staging, local"],
      ],
    );
  });

  it("requires a Kubernetes context outside local", () => {
    const [only] = problemsOf({ ...good, "alloy:environment": "production" });
    assert.equal(only?.key, "alloy:kubernetes");
    assert.match(only?.remedy ?? "", /context: NAME/);
  });

  it("refuses to collect nothing", () => {
    const [only] = problemsOf({ ...good, "alloy:logs": '{"enabled":false}', "alloy:metrics": '{"enabled":false}' });
    assert.equal(only?.key, "alloy:logs.enabled");
    assert.match(only?.remedy ?? "", /turn one of them on/);
  });

  for (const [key, remedy] of [
    ["kubernetes:context", /alloy:kubernetes: \{ context/],
    ["kubernetes:kubeconfig", /KUBECONFIG/],
    ["kubernetes:frobnicate", /alloy:kubernetes/],
    ["vault:address", /alloy:vault: \{ address/],
    ["vault:token", /VAULT_TOKEN/],
    ["random:seed", /remove it/],
  ] as const)
    it(`refuses ${key}, which the program's own providers would ignore`, () => {
      const [only] = problemsOf({ ...good, [key]: "hvs.do-not-show" });
      assert.equal(only?.key, key);
      assert.match(only?.problem ?? "", /is ignored/);
      assert.match(only?.remedy ?? "", remedy);
      assert.doesNotMatch(JSON.stringify(only), /do-not-show/);
    });

  it("finds a misspelt namespace, and leaves other people's alone", () => {
    assert.match(problemsOf({ ...good, "aloy:logLevel": "debug" })[0]?.remedy ?? "", /did you mean alloy:logLevel/);
    assert.deepEqual(problemsOf({ ...good, "pulumi:tags": "{}", "aws:region": "eu-north-1" }), []);
  });
});
