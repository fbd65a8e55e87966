import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { testLogin } from "../../vault/try-login";
import { vaultRole } from "../../pipeline/vault";
import { UserError } from "../../kit/user-error";
import type { Settings } from "../../settings/schema";
import { FakeVault, type FakeAnswer, type FakeRequest } from "../support/fake-vault";
import { settingsOf } from "../support/settings";

const login = "auth/k8s/login";
const data = "secret/data/detectviz/test/alloy/loki";
const held = { data: { data: { username: "u", password: "hidden-password" } } };

/** Every request is answered as by a Vault where all is well, but for these paths. */
const answering =
  (others: Record<string, FakeAnswer>) =>
  ({ path: asked }: FakeRequest): FakeAnswer => {
    const usual: Record<string, FakeAnswer> = {
      [login]: { body: { auth: { client_token: "of-the-collector" } } },
      [data]: { body: held },
      "auth/token/revoke-self": { status: 204 },
    };
    return others[asked] ?? usual[asked] ?? { status: 404, body: { errors: [] } };
  };

describe("the collectors' login, tried before they change", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-kubectl-"));
  const usualPath = process.env["PATH"];
  let vault: FakeVault | undefined;

  /** A kubectl on PATH that does this. */
  function kubectl(script: string): void {
    fs.writeFileSync(path.join(folder, "kubectl"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    process.env["PATH"] = `${folder}${path.delimiter}${usualPath ?? ""}`;
  }

  afterEach(async () => {
    process.env["PATH"] = usualPath;
    await vault?.stop();
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  async function settingsFor(others: Record<string, FakeAnswer>, audience?: string): Promise<Settings> {
    vault = await FakeVault.start(answering(others));
    return settingsOf({
      credentials: { mode: "vault" },
      kubernetes: { context: "detectviz-prod" },
      vault: { address: vault.address, path: "detectviz/test/alloy", login: { mount: "k8s", audience } },
    });
  }

  async function refusal(others: Record<string, FakeAnswer>, audience?: string): Promise<string> {
    const settings = await settingsFor(others, audience);
    let message = "";
    await assert.rejects(testLogin(settings, "Pulumi.test.yaml"), (error: unknown) => {
      assert.ok(error instanceof UserError, String(error));
      message = error.message;
      return true;
    });
    assert.doesNotMatch(message, /hidden-password|of-the-collector|the-token/);
    return message;
  }

  it("asks for a token as the collectors', logs in with it, reads each path and ends the login", async () => {
    kubectl(`echo "$@" > ${folder}/asked; echo the-token`);
    const settings = await settingsFor({}, "vault");
    await testLogin(settings, "Pulumi.test.yaml");
    assert.equal(
      fs.readFileSync(path.join(folder, "asked"), "utf8").trim(),
      "create token alloy --namespace monitoring --duration 10m --context detectviz-prod --audience vault",
    );
    assert.deepEqual(vault?.requests, [
      { method: "POST", path: login, token: undefined, body: { role: vaultRole(settings), jwt: "the-token" } },
      { method: "GET", path: data, token: "of-the-collector", body: undefined },
      { method: "POST", path: "auth/token/revoke-self", token: "of-the-collector", body: undefined },
    ]);
  });

  it("says that there is no auth method at the mount", async () => {
    kubectl("echo the-token");
    const errors = ['no handler for route "auth/k8s/login". route entry not found.'];
    assert.match(
      await refusal({ [login]: { status: 404, body: { errors } } }),
      /alloy:vault\.login\.mount\n.*at k8s\n/,
    );
  });

  it("says that nobody is let in, and what an audience may have to do with it", async () => {
    kubectl("echo the-token");
    const denied = { [login]: { status: 403, body: { errors: ["permission denied"] } } };
    const without = await refusal(denied);
    assert.match(
      without,
      /lets no collector in: ServiceAccount alloy of monitoring, role alloy-test-cluster\.[0-9a-f]{8} \(403: permission/,
    );
    assert.match(without, /the DaemonSet was not touched\n +→ .*kubernetes_host/);
    await vault?.stop();
    assert.match(await refusal(denied, "vault"), /refuses the audience vault: remove alloy:vault\.login\.audience/);
  });

  for (const [what, answer, expected] of [
    [
      "a path that may not be read",
      { status: 403, body: { errors: ["denied"] } },
      /may not be read with the collectors' login/,
    ],
    [
      "a path that holds nothing",
      { status: 404, body: { errors: [] } },
      /alloy:vault\.path\n +Vault at \S+ holds no secret at secret\/detectviz\/test\/alloy\/loki; the DaemonSet was not touched\n +→ .* detectviz\/test\/alloy\/loki username=… password=…/,
    ],
    [
      "a deleted version",
      { status: 404, body: { data: { data: null, metadata: { version: 2 } } } },
      /deleted or empty/,
    ],
    ["a missing key", { body: { data: { data: { username: "u" } } } }, /loki: password\n +this key is missing/],
    [
      "an empty value",
      { body: { data: { data: { username: "u", password: "" } } } },
      /loki: password\n +this key is empty/,
    ],
  ] as const)
    it(`finds ${what}, and ends the login all the same`, async () => {
      kubectl("echo the-token");
      assert.match(await refusal({ [data]: answer }), expected);
      assert.equal(vault?.requests.at(-1)?.path, "auth/token/revoke-self");
    });

  it("says that Vault is sealed", async () => {
    kubectl("echo the-token");
    const errors = ["Vault is sealed"];
    assert.match(
      await refusal({ [login]: { status: 503, body: { errors } } }),
      /is sealed and answers nobody; the DaemonSet was not touched\n +→ unseal it/,
    );
  });

  it("says that Vault is away", async () => {
    kubectl("echo the-token");
    const settings = await settingsFor({});
    await vault?.stop();
    await assert.rejects(
      testLogin(settings, "Pulumi.test.yaml"),
      /alloy:vault\.address\n.*cannot be reached \(.*ECONNREFUSED/,
    );
  });

  it("quotes the API server where no token is to be had", async () => {
    kubectl('echo "error: failed to create token: forbidden" >&2; exit 1');
    assert.match(await refusal({}), /no token for ServiceAccount alloy .*\(error: failed to create token: forbidden\)/);
  });

  it("says what is missing where there is no kubectl", async () => {
    process.env["PATH"] = path.join(folder, "nowhere");
    assert.match(await refusal({}), /^ +kubectl\n +is not on PATH/m);
  });
});
