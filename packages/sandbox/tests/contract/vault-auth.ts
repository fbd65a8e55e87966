import assert from "node:assert/strict";
import type { PropertyMap } from "../../stand-ins/values";
import { POLICY, ROLE, type VaultBench } from "./vault-bench";

/** Who may read what. */
export function authContract(bench: VaultBench): void {
  describe("Policy (what the collector may read)", () => {
    const text = 'path "secret/data/alloy" {\n  capabilities = ["read"]\n}\n';
    let inputs: PropertyMap;
    let state: PropertyMap;

    it("creates under its name", async () => {
      inputs = await bench.checked(POLICY, { name: bench.prefix, policy: text });
      const created = await bench.plugin.create(POLICY, inputs);
      assert.equal(created.id, bench.prefix);
      state = created.state;
      assert.equal((await bench.plugin.diff(POLICY, bench.prefix, state, inputs, inputs)).changed, false);
    });

    it("updates in place and replaces for another name", async () => {
      const news = { ...inputs, policy: text.replace("read", "list") };
      const diff = await bench.plugin.diff(POLICY, bench.prefix, state, inputs, news);
      assert.ok(diff.changed);
      assert.deepEqual(diff.replaces, []);
      state = await bench.plugin.update(POLICY, bench.prefix, state, inputs, news);
      inputs = news;
      const renamed = await bench.plugin.diff(POLICY, bench.prefix, state, inputs, {
        ...inputs,
        name: `${bench.prefix}-2`,
      });
      assert.ok(renamed.replaces.includes("name"));
    });

    it("imports by its name", async () => {
      const imported = await bench.plugin.read(POLICY, bench.prefix);
      assert.equal(imported.id, bench.prefix);
      assert.equal(imported.state["policy"], inputs["policy"]);
    });

    it("sees at a refresh what somebody else wrote", async () => {
      await bench.vault.call("PUT", `sys/policies/acl/${bench.prefix}`, { policy: text });
      const fresh = await bench.plugin.read(POLICY, bench.prefix, state, inputs);
      assert.ok((await bench.plugin.diff(POLICY, bench.prefix, fresh.state, inputs, inputs)).changed);
    });

    it("shows one that is gone as an empty text and not as missing [measured with 7.8.0]: an update brings it back", async () => {
      await bench.vault.call("DELETE", `sys/policies/acl/${bench.prefix}`);
      const fresh = await bench.plugin.read(POLICY, bench.prefix, state, inputs);
      assert.equal(fresh.id, bench.prefix);
      assert.ok(["", undefined].includes(fresh.state["policy"] as string | undefined));
      const diff = await bench.plugin.diff(POLICY, bench.prefix, fresh.state, inputs, inputs);
      assert.deepEqual([diff.changed, diff.replaces], [true, []]);
      state = await bench.plugin.update(POLICY, bench.prefix, fresh.state, inputs, inputs);
      const answer = await bench.vault.call("GET", `sys/policies/acl/${bench.prefix}`);
      assert.equal((answer?.["data"] as { policy?: string }).policy, inputs["policy"]);
    });

    it("deletes, and has nothing against one that is gone already", async () => {
      await bench.plugin.delete(POLICY, bench.prefix, state);
      await bench.plugin.delete(POLICY, bench.prefix, state);
      assert.equal(await bench.vault.call("GET", `sys/policies/acl/${bench.prefix}`), undefined);
    });
  });

  describe("kubernetes.AuthBackendRole (who may log in)", () => {
    const backend = bench.prefix;
    let inputs: PropertyMap;
    let state: PropertyMap;
    const id = `auth/${backend}/role/alloy`;
    before(() => bench.vault.call("POST", `sys/auth/${backend}`, { type: "kubernetes" }));
    after(() => bench.vault.call("DELETE", `sys/auth/${backend}`));

    it("creates under the path of its role", async () => {
      inputs = await bench.checked(ROLE, {
        backend,
        roleName: "alloy",
        boundServiceAccountNames: ["alloy", "other"],
        boundServiceAccountNamespaces: ["monitoring"],
        tokenPolicies: ["alloy"],
        tokenTtl: 600,
      });
      const created = await bench.plugin.create(ROLE, inputs);
      assert.equal(created.id, id);
      state = created.state;
      assert.equal((await bench.plugin.diff(ROLE, id, state, inputs, inputs)).changed, false);
    });

    it("sees no difference in another order of the same names: they are sets", async () => {
      const reordered = { ...inputs, boundServiceAccountNames: ["other", "alloy"] };
      assert.equal((await bench.plugin.diff(ROLE, id, state, inputs, reordered)).changed, false);
    });

    it("updates in place and replaces for another backend", async () => {
      const news = { ...inputs, tokenTtl: 1200 };
      assert.deepEqual((await bench.plugin.diff(ROLE, id, state, inputs, news)).replaces, []);
      state = await bench.plugin.update(ROLE, id, state, inputs, news);
      inputs = news;
      const answer = await bench.vault.call("GET", id);
      assert.equal((answer?.["data"] as { token_ttl?: number }).token_ttl, 1200);
      const moved = await bench.plugin.diff(ROLE, id, state, inputs, { ...inputs, backend: "elsewhere" });
      assert.ok(moved.replaces.includes("backend"));
    });

    it("sees at a refresh what somebody else wrote", async () => {
      const body = { bound_service_account_names: ["alloy"], bound_service_account_namespaces: ["monitoring"] };
      await bench.vault.call("POST", id, { ...body, token_ttl: 60 });
      const fresh = await bench.plugin.read(ROLE, id, state, inputs);
      assert.equal(fresh.id, id);
      assert.ok((await bench.plugin.diff(ROLE, id, fresh.state, inputs, inputs)).changed);
    });

    it("imports by its path and deletes, and has nothing against one that is gone already", async () => {
      const imported = await bench.plugin.read(ROLE, id);
      assert.equal(imported.state["roleName"], "alloy");
      await bench.plugin.delete(ROLE, id, state);
      await bench.plugin.delete(ROLE, id, state);
      assert.equal((await bench.plugin.read(ROLE, id, state, inputs)).id, "");
    });
  });
}
