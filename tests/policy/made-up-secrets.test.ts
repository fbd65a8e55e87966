import assert from "node:assert/strict";

import type { Resource } from "../../policy/rule";
import { secretElsewhere } from "../../policy/rules/secret-elsewhere";
import { secretLiteral } from "../../policy/rules/secret-literal";
import type { Plain } from "../../policy/values";
import { happyConfigMap, password } from "./happy";
import { resource, run, unknownText, withField } from "./support";

const madeUp = "Xy7dKq2vLm9RtZ4wB1nC";

const random = (kind: string, result: string): Resource =>
  resource(`random:index/random${kind}:Random${kind}`, "made", { length: result.length, result });

const copied = (value: string): Resource => withField(happyConfigMap(), "data.motto", value);

describe("what the stack makes up", () => {
  for (const kind of ["String", "Password"]) {
    it(`as a Random${kind} may not be copied into a ConfigMap, under whatever key`, () => {
      for (const value of [madeUp, `a ${madeUp} b`, Buffer.from(`user:${madeUp}`).toString("base64")]) {
        const { violations } = run(secretElsewhere, [random(kind, madeUp), copied(value)]);
        assert.equal(violations.length, 1, value);
        assert.match(violations[0] ?? "", /data\.motto holds a value that is kept in a Secret/);
        assert.ok(!violations[0]?.includes(madeUp));
      }
    });

    it(`as a Random${kind} that is not known yet is found when it is`, () => {
      const { violations } = run(secretElsewhere, [random(kind, unknownText), copied(unknownText)]);
      assert.deepEqual(violations, []);
    });
  }

  it("as a short RandomString is the ending of a name, and a short RandomPassword is a password", () => {
    assert.deepEqual(run(secretElsewhere, [random("String", "k3x9q2vb"), copied("logs-k3x9q2vb")]).violations, []);
    assert.equal(run(secretElsewhere, [random("Password", "k3x9q2vb"), copied("logs-k3x9q2vb")]).violations.length, 1);
  });
});

describe("a provider", () => {
  const provider = (name: string, props: Plain): Resource => ({
    ...resource(`pulumi:providers:${name}`, name, props),
    provider: undefined,
  });
  const said = (one: Resource): string[] => run(secretLiteral, one).violations;

  it("has no token or password written out, at any depth or in JSON", () => {
    for (const [name, props, path] of [
      ["vault", { address: "https://vault.example.com", token: password }, "token"],
      ["vault", { token: "hvs.CAESIJlWh2bd7hVQ5bXmZ1sTn3kPq" }, "token"],
      ["vault", { authLoginUserpass: { username: "a", password } }, "authLoginUserpass.password"],
      ["vault", { authLoginUserpass: JSON.stringify({ username: "a", password }) }, "authLoginUserpass"],
      ["grafana", { auth: "glsa_abcdefghijklmnopqrstuvwxyz012345" }, "auth"],
    ] as const) {
      const violations = said(provider(name, props));
      assert.equal(violations.length, 1, path);
      assert.ok(violations[0]?.includes(`: ${path} `), violations[0]);
      assert.match(violations[0] ?? "", /Let the provider read it from its environment, such as VAULT_TOKEN/);
      assert.ok(!violations[0]?.includes(password));
    }
  });

  it("may say how it gets one, and what is known later only", () => {
    const inputs = {
      address: "https://vault.example.com",
      skipChildToken: "true",
      tokenName: "pulumi",
      maxLeaseTtlSeconds: "1200",
      token: unknownText,
    };
    assert.deepEqual(run(secretLiteral, provider("vault", inputs)), { violations: [], unknown: [] });
  });

  it("of a cluster may have the kubeconfig that the cluster's own program hands it", () => {
    assert.deepEqual(said(provider("kubernetes", { kubeconfig: `users:\n- user:\n    token: ${password}\n` })), []);
  });
});
