import assert from "node:assert/strict";
import type { PropertyMap } from "../../stand-ins/values";
import { containsUnknown, Secret, UNKNOWN } from "../../stand-ins/values";
import { failure } from "./plugin-client";
import type { Plugin } from "./plugin-client";
import { closedPort } from "./support";
import { POLICY, ROLE, SECRET, type VaultBench } from "./vault-bench";

/** Every kind of Vault's where something is unknown yet, and where Vault says no or nothing. */
export function vaultTroubles(bench: VaultBench): void {
  const backend = `${bench.prefix}-kubernetes`;
  const name = `${bench.prefix}-troubles`;
  const kinds: { type: string; inputs: PropertyMap; path: string; unknown: PropertyMap; key: string }[] = [
    {
      type: SECRET,
      inputs: { mount: "secret", name, dataJson: new Secret('{"password":"first-of-all"}'), deleteAllVersions: true },
      path: `secret/data/${name}`,
      unknown: { dataJson: new Secret(UNKNOWN) },
      key: "dataJson",
    },
    {
      type: POLICY,
      inputs: { name, policy: 'path "secret/data/alloy" {\n  capabilities = ["read"]\n}\n' },
      path: `sys/policies/acl/${name}`,
      unknown: { policy: UNKNOWN },
      key: "policy",
    },
    {
      type: ROLE,
      inputs: {
        backend,
        roleName: "troubles",
        boundServiceAccountNames: ["alloy"],
        boundServiceAccountNamespaces: ["monitoring"],
      },
      path: `auth/${backend}/role/troubles`,
      unknown: { tokenPolicies: [UNKNOWN] },
      key: "tokenPolicies",
    },
  ];
  let powerless: Plugin;
  let away: Plugin;
  let port: number;

  before(async () => {
    await bench.vault.call("POST", `sys/auth/${backend}`, { type: "kubernetes" });
    const made = await bench.vault.call("POST", "auth/token/create", { policies: ["default"], ttl: "10m" });
    powerless = await bench.start(
      { address: bench.servers.vaultAddress },
      (made?.["auth"] as { client_token: string }).client_token,
    );
    port = await closedPort();
    away = await bench.start({ address: `http://127.0.0.1:${port}` }, "any");
  });
  after(async () => {
    powerless?.stop();
    away?.stop();
    await bench.vault?.call("DELETE", `sys/auth/${backend}`);
  });

  for (const { type, inputs: news, path, unknown, key } of kinds) {
    describe(`${type.split("::").at(-2)?.split("/").at(-1) ?? type}, unknown or refused`, () => {
      it("previews a create and an update with an unknown in them, and writes nothing", async () => {
        const inputs = await bench.checked(type, news);
        const shown = await bench.plugin.create(type, { ...inputs, ...unknown }, { preview: true });
        assert.equal(shown.id, "");
        assert.ok(containsUnknown(shown.state[key] ?? ""), `${key} is known`);
        assert.equal(await bench.vault.call("GET", path), undefined);

        const { id, state } = await bench.plugin.create(type, inputs);
        try {
          const before = await bench.vault.call("GET", path);
          const after = await bench.plugin.update(
            type,
            id,
            state,
            inputs,
            { ...inputs, ...unknown },
            { preview: true },
          );
          assert.ok(containsUnknown(after[key] ?? ""), `${key} is known`);
          assert.deepEqual((await bench.vault.call("GET", path))?.["data"], before?.["data"]);
        } finally {
          await bench.plugin.delete(type, id, state);
        }
      });

      it("says that the token may not write, and shows neither it nor a secret", async () => {
        const error = await failure(powerless.create(type, await bench.checked(type, news)));
        assert.match(error.message, /Code: 403\. Errors:\s+\* .*permission denied/s);
        assert.doesNotMatch(error.message, /first-of-all|[sb]\.[A-Za-z0-9]{20}/);
        assert.equal(await bench.vault.call("GET", path), undefined);
      });

      it("says that nobody listens", async () => {
        const error = await failure(away.create(type, await bench.checked(type, news)));
        assert.match(error.message, new RegExp(`dial tcp 127\\.0\\.0\\.1:${port}: connect: connection refused`));
      });
    });
  }
}
