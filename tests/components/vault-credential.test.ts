import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";

import { readCredential, type CredentialSource } from "../../vault/read";

const source: CredentialSource = {
  credential: { kind: "basic", fields: ["username", "password"] },
  place: { stackFile: "Pulumi.test.yaml", vault: { address: "http://v:8200", mount: "secret", path: "a/loki" } },
  readAt: "preview",
};

const valueOf = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => {
    output.apply(resolve);
  });

/** Sets mocks that answer each read from Vault with these data, and says what was asked. */
async function answerWith(
  data: Record<string, string>,
  preview = false,
  subkeys: unknown = Object.fromEntries(Object.keys(data).map((key) => [key, null])),
): Promise<pulumi.runtime.MockCallArgs[]> {
  const calls: pulumi.runtime.MockCallArgs[] = [];
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ name, inputs }) => ({ id: `${name}-id`, state: inputs as Record<string, unknown> }),
    call: (args) => {
      calls.push(args);
      return args.token.includes("Subkeys") ? { dataJson: JSON.stringify(subkeys) } : { data };
    },
  };
  await pulumi.runtime.setMocks(mocks, "project", "stack", preview);
  return calls;
}

describe("reading a credential", () => {
  it("marks secret what Vault gives as a plain value", async () => {
    await answerWith({ username: "alloy", password: "hidden" });
    const text = readCredential(source, { provider: new vault.Provider("vault", { address: "http://v:8200" }) });
    assert.equal(await valueOf(pulumi.unsecret(text)), '{"username":"alloy","password":"hidden"}');
    assert.ok(await pulumi.isSecret(text));
  });

  it("asks the given provider for the one secret", async () => {
    const calls = await answerWith({ username: "alloy", password: "hidden" });
    await valueOf(readCredential(source, { provider: new vault.Provider("vault", { address: "http://v:8200" }) }));
    const [call, ...more] = calls;
    assert.ok(call);
    assert.deepEqual(more, []);
    assert.equal(call.token, "vault:kv/getSecretV2:getSecretV2");
    const { mount, name } = call.inputs as Record<string, unknown>;
    assert.deepEqual({ mount, name }, { mount: "secret", name: "a/loki" });
    assert.match(call.provider ?? "", /pulumi:providers:vault::vault/);
  });

  it("asks for the pinned version, where one is named", async () => {
    const calls = await answerWith({ username: "alloy", password: "hidden" });
    const provider = new vault.Provider("vault", { address: "http://v:8200" });
    await valueOf(readCredential({ ...source, version: 7 }, { provider }));
    assert.equal((calls[0]?.inputs as Record<string, unknown>)["version"], 7);
  });

  for (const preview of [true, false])
    it(`readAt up: ${preview ? "a preview asks for the keys alone, and the value is unknown" : "up reads the value"}`, async () => {
      const calls = await answerWith({ username: "alloy", password: "hidden" }, preview);
      const provider = new vault.Provider("vault", { address: "http://v:8200" });
      const text = readCredential({ ...source, readAt: "up" }, { provider });
      assert.ok(await pulumi.isSecret(text));
      const isKnown = await (text as unknown as { isKnown: Promise<boolean> }).isKnown;
      assert.equal(isKnown, !preview);
      assert.deepEqual(
        calls.map(({ token }) => token),
        [`vault:kv/getSecret${preview ? "Subkeys" : ""}V2:getSecret${preview ? "Subkeys" : ""}V2`],
      );
    });

  it("waits for what writes the secret first, and is secret then too", async () => {
    const calls = await answerWith({ username: "alloy", password: "hidden" });
    const provider = new vault.Provider("vault", { address: "http://v:8200" });
    const seed = new vault.kv.SecretV2("seed", { mount: "secret", name: "a/loki" }, { provider });
    const text = readCredential(source, { provider }, seed);
    assert.ok(await pulumi.isSecret(text));
    assert.equal(calls.length, 1);
  });
});
