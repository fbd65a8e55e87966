import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";

import { refuseWhereHeld } from "../../components/first-write";
import type { CredentialSource } from "../../vault/read";
import { UserError } from "../../kit/user-error";

const source: CredentialSource = {
  credential: { kind: "basic", fields: ["username", "password"] },
  place: { stackFile: "Pulumi.test.yaml", vault: { address: "http://v:8200", mount: "secret", path: "a/loki" } },
  readAt: "preview",
};

/** Mocks whose Vault answers each read so; says which functions were called. */
async function vaultThat(answers: () => object | Promise<object>, preview = false): Promise<string[]> {
  const asked: string[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => ({ id: `${name}-id`, state: inputs as Record<string, unknown> }),
      call: async ({ token }) => {
        asked.push(token.split(":")[2] ?? "");
        return await answers();
      },
    },
    "project",
    "stack",
    preview,
  );
  return asked;
}

const look = (readAt: "preview" | "up" = "preview"): Promise<void> =>
  refuseWhereHeld({ ...source, readAt }, { provider: new vault.Provider("vault", { address: "http://v:8200" }) });

describe("before the first version of a secret is written", () => {
  const held = (): object => ({ data: { username: "local", password: "of-an-earlier-stack" } });

  it("a preview says that Vault holds something, what to set and how to make room, and shows no value", async () => {
    await vaultThat(held, true);
    await assert.rejects(look(), (error) => {
      assert.ok(error instanceof UserError);
      const [problem] = error.problems;
      assert.equal(problem?.key, "secret/data/a/loki");
      assert.match(problem.problem, /holds something already.*left as it is$/);
      assert.match(problem.remedy, /^set seed: false in alloy:credentials of Pulumi\.test\.yaml/);
      assert.match(problem.remedy, /vault kv metadata delete -mount=secret a\/loki makes room/);
      assert.match(error.message, /^1 problem; nothing was deployed\./);
      assert.doesNotMatch(error.message, /of-an-earlier-stack/);
      return true;
    });
  });

  it("up says that it stops there", async () => {
    await vaultThat(held);
    await assert.rejects(look(), /^UserError: 1 problem; the update stops here/);
  });

  it("a deleted version counts as well: Vault refuses a first version over it", async () => {
    await vaultThat(() => ({ data: {} }));
    await assert.rejects(look(), UserError);
  });

  it("a preview with readAt up asks for the names of the keys alone", async () => {
    const asked = await vaultThat(() => ({ dataJson: '{"password":null}' }), true);
    await assert.rejects(look("up"), UserError);
    assert.deepEqual(asked, ["getSecretSubkeysV2"]);
  });

  it("nothing there is no objection, and neither is a token that may not look: the write reports that", async () => {
    for (const reason of ['no secret found at "secret/data/a/loki"', "Code: 403. Errors:\n\n* permission denied"]) {
      const asked = await vaultThat(() => Promise.reject(new Error(reason)));
      await assert.doesNotReject(look());
      assert.deepEqual(asked, ["getSecretV2"]);
    }
  });

  it("a Vault that does not answer is not waited for", async () => {
    let answer: (value: object) => void = () => undefined;
    await vaultThat(() => new Promise<object>((resolve) => (answer = resolve)));
    const started = Date.now();
    await look();
    assert.ok(Date.now() - started < 8_000);
    answer(held());
  });
});
