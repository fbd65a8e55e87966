import assert from "node:assert/strict";

import { VaultStore } from "../../vault/store";
import { UserError } from "../../kit/user-error";
import { FakeVault, type FakeAnswer } from "../support/fake-vault";

describe("what a rotation writes to Vault", () => {
  let vault: FakeVault;
  let answer: FakeAnswer;
  before(async () => (vault = await FakeVault.start(() => answer)));
  after(() => vault.stop());

  const store = (): VaultStore => new VaultStore({ address: vault.address, token: "the-token" }, "secret");
  const refused = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof UserError, String(error));
    assert.doesNotMatch(error.message, /the-token|hidden/);
    return error.message;
  };

  it("reads data and version, also of what is deleted or was never there", async () => {
    answer = { body: { data: { data: { token: "t" }, metadata: { version: 4 } } } };
    assert.deepEqual(await store().read("a/loki"), { data: { token: "t" }, version: 4 });
    assert.deepEqual(vault.requests.at(-1), {
      method: "GET",
      path: "secret/data/a/loki",
      token: "the-token",
      body: undefined,
    });
    answer = { status: 404, body: { data: { data: null, metadata: { version: 5 } } } };
    assert.deepEqual(await store().read("a/loki"), { data: undefined, version: 5 });
    answer = { status: 404, body: { errors: [] } };
    assert.deepEqual(await store().read("a/loki"), { data: undefined, version: 0 });
  });

  it("writes only on top of the version that it has read", async () => {
    answer = { body: { data: { version: 5 } } };
    await store().write("a/loki", { token: "hidden" }, 4);
    assert.deepEqual(vault.requests.at(-1)?.body, { data: { token: "hidden" }, options: { cas: 4 } });
    answer = { status: 400, body: { errors: ["check-and-set parameter did not match the current version"] } };
    assert.match(await refused(store().write("a/loki", { token: "hidden" }, 4)), /by somebody else at the same moment/);
  });

  it("removes a path with all its versions, and has nothing against one that is gone", async () => {
    answer = { status: 204 };
    await store().remove("a/loki-next");
    assert.equal(vault.requests.at(-1)?.path, "secret/metadata/a/loki-next");
    answer = { status: 404, body: { errors: [] } };
    await store().remove("a/loki-next");
  });

  for (const [status, expected] of [
    [403, /secret\/data\/a\/loki\n.*does not allow the token in VAULT_TOKEN to read.*\n.*--for rotate/],
    [503, /is sealed/],
    [500, /answers 500: inner words/],
  ] as const)
    it(`says what ${status} means`, async () => {
      answer = { status, body: { errors: ["inner words"] } };
      assert.match(await refused(store().read("a/loki")), expected);
    });

  it("says that nobody answers", async () => {
    const away = new VaultStore({ address: "http://127.0.0.1:1" }, "secret");
    assert.match(
      await refused(away.read("a/loki")),
      /Vault at http:\/\/127\.0\.0\.1:1\n +cannot be reached \(.*ECONNREFUSED/,
    );
  });
});
