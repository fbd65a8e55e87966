import assert from "node:assert/strict";

import { collectorGrants, policyText, previewGrants, programGrants, type VaultGrant } from "../../vault/policy";
import { settingsOf, vaultValues, type StackValues } from "../support/settings";

const lines = (grants: VaultGrant[]): string[] =>
  grants.map(({ path, capabilities }) => `${path}: ${capabilities.join(" ")}`);
const grantsOf = (credentials: StackValues): string[] =>
  lines(programGrants(settingsOf({ credentials, vault: vaultValues })));

const lookup = "auth/token/lookup-self: read";
const at = "secret/data/detectviz/test/alloy";

describe("what the program's own token needs in Vault", () => {
  it("nothing where Vault is not used", () => {
    assert.deepEqual(grantsOf({ mode: "none" }), []);
    assert.deepEqual(grantsOf({ mode: "existing" }), []);
  });

  it("mode secret: to read what it hands on", () => {
    assert.deepEqual(grantsOf({ mode: "secret" }), [lookup, `${at}/loki: read`]);
    assert.deepEqual(grantsOf({ mode: "secret", prometheus: "bearer" }), [
      lookup,
      `${at}/loki: read`,
      `${at}/prometheus: read`,
    ]);
  });

  it("seed: to write a first version, and no second one", () => {
    assert.deepEqual(grantsOf({ mode: "secret", seed: true }), [
      lookup,
      `${at}/loki: create read`,
      `${at}/loki-gateway: create read`,
    ]);
  });

  it("readAt up: to see the keys, and for a preview nothing else", () => {
    const settings = settingsOf({ credentials: { mode: "secret", readAt: "up" }, vault: vaultValues });
    const subkeys = "secret/subkeys/detectviz/test/alloy/loki: read";
    assert.deepEqual(lines(programGrants(settings)), [lookup, `${at}/loki: read`, subkeys]);
    assert.deepEqual(lines(previewGrants(settings)), [lookup, subkeys]);
  });

  it("mode vault: to make policy and role, and no secret's value", () => {
    assert.deepEqual(grantsOf({ mode: "vault" }), [
      lookup,
      "sys/policies/acl/alloy-test-cluster.*: create read update delete",
      "auth/kubernetes/role/alloy-test-cluster.*: create read update delete",
    ]);
  });

  it("is a policy that Vault reads: a reason, a path, what may be done", () => {
    const settings = settingsOf({ credentials: { mode: "vault" }, vault: vaultValues });
    assert.equal(
      policyText(collectorGrants(settings)).split("\n").slice(0, 2).join("\n"),
      `# remote.vault "loki"\npath "${at}/loki" { capabilities = ["read"] }`,
    );
  });
});
