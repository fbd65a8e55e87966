import assert from "node:assert/strict";
import type { PropertyMap } from "../../stand-ins/values";
import { containsSecret, containsUnknown, reveal, revealMap, Secret } from "../../stand-ins/values";
import { deprecatedRead } from "../../../../operations/engine/noise";
import { until } from "./kubernetes-bench";
import { failure } from "./plugin-client";
import { withoutSecrets } from "./support";
import { GET, SECRET, SUBKEYS, type VaultBench } from "./vault-bench";

/** Secrets in KV v2: written once, read at every update. */
export function kvContract(bench: VaultBench): void {
  describe("kv.SecretV2 (the first credential of a new environment)", () => {
    const name = `${bench.prefix}/loki`;
    const json = (password: string): Secret => new Secret(JSON.stringify({ username: "loki", password }));
    let inputs: PropertyMap;
    let id: string;
    let state: PropertyMap;

    before(async () => {
      inputs = await bench.checked(SECRET, {
        mount: "secret",
        name,
        dataJson: json("one-password"),
        deleteAllVersions: true,
      });
    });
    after(() => bench.vault.call("DELETE", `secret/metadata/${name}`));

    it("previews with its outputs unknown and writes nothing", async () => {
      const shown = await bench.plugin.create(SECRET, inputs, { preview: true });
      assert.equal(shown.id, "");
      assert.ok(containsUnknown(shown.state["data"]) || shown.state["data"] === undefined);
      assert.equal(await bench.vault.call("GET", `secret/data/${name}`), undefined);
    });

    it("creates, with everything that holds the value secret", async () => {
      ({ id, state } = await bench.plugin.create(SECRET, inputs));
      assert.equal(id, `secret/data/${name}`);
      assert.equal(state["path"], id);
      assert.deepEqual(reveal(state["data"] ?? {}), {}, "since 7.0 there is nothing in it [measured with 7.8.0]");
      assert.ok(containsSecret(state["dataJson"]), "dataJson is plain");
      assert.doesNotMatch(JSON.stringify(withoutSecrets(state)), /one-password/);
      assert.deepEqual(await written(), { username: "loki", password: "one-password" });
    });

    it("sees no difference afterwards, nor in another spelling of the same JSON", async () => {
      assert.equal((await bench.plugin.diff(SECRET, id, state, inputs, inputs)).changed, false);
      const spelled = { ...inputs, dataJson: new Secret('{ "password": "one-password",  "username": "loki" }') };
      assert.equal((await bench.plugin.diff(SECRET, id, state, inputs, spelled)).changed, false);
    });

    it("updates in place, as a new version", async () => {
      const news = { ...inputs, dataJson: json("two-password") };
      const diff = await bench.plugin.diff(SECRET, id, state, inputs, news);
      assert.ok(diff.changed);
      assert.deepEqual(diff.replaces, []);
      state = await bench.plugin.update(SECRET, id, state, inputs, news);
      inputs = news;
      assert.deepEqual(await written(), { username: "loki", password: "two-password" });
    });

    it("keeps a rotated value under ignoreChanges: the program only seeds it", async () => {
      const news = { ...inputs, dataJson: json("seed-password") };
      assert.equal((await bench.plugin.diff(SECRET, id, state, inputs, news, ["dataJson"])).changed, false);
    });

    it("replaces for another path", async () => {
      const diff = await bench.plugin.diff(SECRET, id, state, inputs, { ...inputs, name: `${name}-2` });
      assert.ok(diff.replaces.includes("name"));
    });

    it("does not see at a refresh what somebody else wrote [measured with 7.8.0]: whoever reads has to ask Vault", async () => {
      await bench.vault.call("POST", `secret/data/${name}`, {
        data: { username: "loki", password: "rotated-by-hand" },
      });
      const fresh = await bench.plugin.read(SECRET, id, state, inputs);
      assert.equal(fresh.id, id);
      assert.deepEqual(reveal(fresh.state["data"] ?? {}), {});
      assert.equal((await bench.plugin.diff(SECRET, id, fresh.state, inputs, inputs)).changed, false);
      assert.doesNotMatch(JSON.stringify(revealMap(fresh.state)), /rotated-by-hand/);
      const read = await bench.plugin.invoke(GET, { mount: "secret", name });
      assert.deepEqual(reveal(read["data"] ?? null), { username: "loki", password: "rotated-by-hand" });
    });

    it("imports by its path", async () => {
      const imported = await bench.plugin.read(SECRET, id);
      assert.equal(imported.id, id);
      assert.equal(imported.state["path"], id);
    });

    it("sees at a refresh that somebody has removed it", async () => {
      const gone = await bench.checked(SECRET, {
        mount: "secret",
        name: `${name}-gone`,
        dataJson: json("gone-password"),
      });
      const made = await bench.plugin.create(SECRET, gone);
      await bench.vault.call("DELETE", `secret/metadata/${name}-gone`);
      assert.equal((await bench.plugin.read(SECRET, made.id, made.state, gone)).id, "");
    });

    it("is refused by Vault over a version that exists, where the program asks for the first one", async () => {
      const first = await bench.checked(SECRET, {
        mount: "secret",
        name,
        dataJson: json("another-password"),
        options: { cas: "0" },
      });
      const error = await failure(bench.plugin.create(SECRET, first));
      assert.match(error.message, /Code: 400\. Errors:\s+\* check-and-set parameter did not match/);
      assert.doesNotMatch(error.message, /another-password/);
      assert.deepEqual(await written(), { username: "loki", password: "rotated-by-hand" });
    });

    it("deletes all versions, and has nothing against a secret that is gone already", async () => {
      await bench.plugin.delete(SECRET, id, state);
      assert.equal(await bench.vault.call("GET", `secret/metadata/${name}`), undefined);
      await bench.plugin.delete(SECRET, id, state);
      assert.equal((await bench.plugin.read(SECRET, id, state, inputs)).id, "");
    });

    it("refuses JSON that is no object, without quoting it", async () => {
      const { failures } = await bench.plugin.check(SECRET, {
        mount: "secret",
        name,
        dataJson: new Secret("tell-nobody"),
      });
      assert.notEqual(failures.length, 0);
      assert.doesNotMatch(JSON.stringify(failures), /tell-nobody/);
    });

    async function written(): Promise<unknown> {
      const answer = await bench.vault.call("GET", `secret/data/${name}`);
      return (answer?.["data"] as { data?: unknown } | undefined)?.data;
    }
  });

  describe("getSecretV2 (how credentials are read)", () => {
    const name = `${bench.prefix}/read`;
    before(() => bench.vault.call("POST", `secret/data/${name}`, { data: { username: "loki", port: 3100 } }));
    after(() => bench.vault.call("DELETE", `secret/metadata/${name}`));

    it("answers the data, every value as text", async () => {
      const result = await bench.plugin.invoke(GET, { mount: "secret", name });
      assert.deepEqual(reveal(result["data"] ?? null), { username: "loki", port: "3100" });
      assert.equal(result["path"], `secret/data/${name}`);
      assert.deepEqual(JSON.parse(String(reveal(result["dataJson"] ?? null))), { username: "loki", port: 3100 });
      assert.match(String(result["createdTime"]), /^\d{4}-/);
    });

    it("marks nothing secret [measured with 7.8.0], so that the program must", async () => {
      assert.equal(containsSecret((await bench.plugin.invoke(GET, { mount: "secret", name }))["data"]), false);
    });

    it("warns at each call, in favour of something that Pulumi does not have: decision 0072", async () => {
      await bench.plugin.invoke(GET, { mount: "secret", name });
      // The stand-in's words travel beside its answer.
      await until(() => Promise.resolve(bench.plugin.logs.some(({ message }) => deprecatedRead.test(message))));
    });

    it("reads an older version", async () => {
      await bench.vault.call("POST", `secret/data/${name}`, { data: { username: "second" } });
      const result = await bench.plugin.invoke(GET, { mount: "secret", name, version: 1 });
      assert.deepEqual(reveal(result["data"] ?? null), { username: "loki", port: "3100" });
    });

    it("fails for a path that was never written, and names it", async () => {
      const error = await failure(bench.plugin.invoke(GET, { mount: "secret", name: `${bench.prefix}/never` }));
      assert.match(error.message, new RegExp(`no secret found at "secret/data/${bench.prefix}/never"`));
    });

    it("answers empty data for a soft-deleted version [measured with 7.8.0]: the program must check its keys", async () => {
      await bench.vault.call("POST", `secret/data/${bench.prefix}/soft`, { data: { a: "b" } });
      await bench.vault.call("DELETE", `secret/data/${bench.prefix}/soft`);
      const result = await bench.plugin.invoke(GET, { mount: "secret", name: `${bench.prefix}/soft` });
      assert.deepEqual(reveal(result["data"] ?? {}), {});
      await bench.vault.call("DELETE", `secret/metadata/${bench.prefix}/soft`);
    });

    it("shows the keys without the values", async () => {
      await bench.vault.call("POST", `secret/data/${name}`, { data: { username: "loki", password: "hidden-value" } });
      const result = await bench.plugin.invoke(SUBKEYS, { mount: "secret", name });
      assert.deepEqual(Object.keys(JSON.parse(String(reveal(result["dataJson"] ?? null))) as object).sort(), [
        "password",
        "username",
      ]);
      assert.doesNotMatch(JSON.stringify(revealMap(result)), /hidden-value/);
    });
  });
}
