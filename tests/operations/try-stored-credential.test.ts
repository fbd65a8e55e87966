import assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";

import { tryStoredCredentials } from "../../operations/rotation/try-stored-credential";
import { UserError } from "../../kit/user-error";
import { FakeVault, type FakeAnswer } from "../support/fake-vault";
import { settingsOf, type StackValues } from "../support/settings";

const password = "hidden-password";

describe("the credential that Vault holds, tried before up hands it on", () => {
  let vault: FakeVault;
  let server: http.Server;
  let held: FakeAnswer;
  let gateway: FakeAnswer;
  const told: string[] = [];

  before(async () => {
    vault = await FakeVault.start(({ path }) => (path.endsWith("-gateway") ? gateway : held));
    const authorization = `Basic ${Buffer.from(`tenant:${password}`).toString("base64")}`;
    server = http.createServer((request, response) => {
      request.resume();
      response.writeHead(request.headers.authorization === authorization ? 204 : 401).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    await vault.stop();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    told.length = 0;
    vault.requests.length = 0;
    gateway = { status: 404, body: { errors: [] } };
    held = { body: { data: { data: { username: "tenant", password }, metadata: { version: 3 } } } };
  });

  const ask = (credentials: StackValues, lokiUrl = urlOf()): Promise<void> =>
    tryStoredCredentials(
      {
        settings: settingsOf({ credentials, vault: { address: vault.address, path: "detectviz/test/alloy" }, lokiUrl }),
        env: { VAULT_TOKEN: "of-the-engine" },
        home: ".",
      },
      (text) => void told.push(text),
    );
  const urlOf = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/loki/api/v1/push`;

  it("passes where the server takes it, read as the engine reads it", async () => {
    await ask({ mode: "secret" });
    assert.deepEqual(told, []);
    assert.deepEqual(
      vault.requests.map(({ path, token }) => [path, token]),
      [["secret/data/detectviz/test/alloy/loki", "of-the-engine"]],
    );
  });

  it("is of the pinned version", async () => {
    await ask({ mode: "secret", versions: { loki: 2 } });
    assert.equal(vault.requests[0]?.path, "secret/data/detectviz/test/alloy/loki?version=2");
  });

  it("stops the update where the server refuses it, without its value", async () => {
    held = {
      body: { data: { data: { username: "tenant", password: `${password}-wrong` }, metadata: { version: 3 } } },
    };
    await assert.rejects(ask({ mode: "secret" }), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        /refuses the credential at secret\/detectviz\/test\/alloy\/loki in Vault \(401, tried/,
      );
      assert.doesNotMatch(error.message, /hidden/);
      return true;
    });
  });

  it("warns where nobody answers, and where Vault does not let it be read", async () => {
    await ask({ mode: "secret" }, "http://127.0.0.1:1/loki/api/v1/push");
    assert.match(
      told.join(),
      /^warning: could not try out loki's credential at http:\/\/127\.0\.0\.1:1\/.*ECONNREFUSED/,
    );
    told.length = 0;
    held = { status: 403, body: { errors: ["permission denied"] } };
    await ask({ mode: "secret" });
    assert.match(told.join(), /^warning: could not try out loki's credential .*does not allow the token/);
  });

  it("is not there yet before a first one is written", async () => {
    held = { status: 404, body: { errors: [] } };
    await ask({ mode: "secret", seed: true });
    assert.deepEqual(told, []);
  });

  it("is not tried at a gateway whose line the update is about to write", async () => {
    held = {
      body: { data: { data: { username: "tenant", password: `${password}-wrong` }, metadata: { version: 1 } } },
    };
    await ask({ mode: "secret", seed: true });
    gateway = { body: { data: { data: { htpasswd: "tenant:x" }, metadata: { version: 1 } } } };
    await assert.rejects(ask({ mode: "secret", seed: true }), /refuses the credential/);
  });

  it("is not asked for in the other modes", async () => {
    for (const mode of ["vault", "existing", "none"]) await ask({ mode });
    assert.deepEqual(vault.requests, []);
  });
});
