import assert from "node:assert/strict";
import * as path from "node:path";

import { checkStack, placeOf, runEngine } from "../../cli/engine-run";
import { policyText, programGrants, type VaultGrant } from "../../components/vault-policy";
import type { Gateway } from "../../sandbox/gateway";
import { endProcess, findProcess } from "../../sandbox/processes";
import { ensureTools } from "../../sandbox/toolchain/ensure";
import { startVault, vaultCall, type Vault } from "../../sandbox/vault";
import { enableKubernetesAuth, serviceAccountToken } from "../../sandbox/vault-kubernetes-auth";
import { waitUntil } from "../../sandbox/waiting";
import { UserError } from "../../settings/errors";
import { changeConfig } from "../support/e2e-config";
import { gatewayOfSandbox, whileFollowed } from "../support/e2e-gateway";
import { formsOf, placesThatHold } from "../support/e2e-leaks";
import { noLineIsLost } from "../support/e2e-lines";
import { sandbox, stackObjects, type LiveObject } from "../support/e2e-sandbox";

const credential = "secret/data/detectviz/local/alloy/loki";
const role = "alloy-detectviz-local";

/** `up` with a token that has these grants and no other policy; the report where it is refused. */
async function upWith(grants: readonly VaultGrant[]): Promise<string> {
  const { vault } = await sandbox().servers();
  await vaultCall(vault, "POST", "sys/policies/acl/e2e-program", { policy: policyText(grants) });
  const answer = (await vaultCall(vault, "POST", "auth/token/create", {
    policies: ["e2e-program"],
    no_default_policy: true,
    ttl: "10m",
  })) as { auth: { client_token: string } };
  const engine = await sandbox().engine();
  const settings = checkStack("local", path.dirname(engine.configFile));
  const call = { ...engine, stack: "local", env: { ...engine.env, VAULT_TOKEN: answer.auth.client_token } };
  try {
    const result = await runEngine(call, "up", ["--yes", "--skip-preview"], placeOf("local", settings), true);
    return result.exitCode === 0 ? "" : result.output;
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  }
}

let gateway: Gateway;

describe("mode vault: the program", () => {
  let grants: VaultGrant[];
  let deployed: Record<string, string>;

  before(async () => {
    gateway = await gatewayOfSandbox();
    await changeConfig([
      [["alloy:credentials"], { mode: "vault", loki: "basic" }],
      [["alloy:vault", "login"], { reread: "10s" }],
      [["alloy:lokiUrl"], gateway.pushUrl],
    ]);
    const engine = await sandbox().engine();
    grants = programGrants(checkStack("local", path.dirname(engine.configFile)));
    deployed = await sandbox().deployed();
    // As long as nothing else was changed, a role that cannot be made is all that is reported.
    assert.equal(grants.length, 3);
  });

  const without = (missing: string): VaultGrant[] => grants.filter(({ path: granted }) => granted !== missing);

  it("cannot do with one line less of its policy, and says which; pods and pipeline stay as they are", async () => {
    const { vault } = await sandbox().servers();
    const cases: [grants: VaultGrant[], report: RegExp][] = [
      [without("auth/token/lookup-self"), /VAULT_TOKEN\n +refuses the token .*may not look itself up/],
      [
        without(`sys/policies/acl/${role}`),
        /sys\/policies\/acl\/\S+\n +does not allow the token .* to write this path/,
      ],
      [grants, /alloy:vault\.login\.mount\n +Vault at \S+ has no auth method at kubernetes/],
      [without(`auth/kubernetes/role/${role}`), /auth\/kubernetes\/role\/\S+\n +does not allow the token/],
    ];
    for (const [at, [given, report]] of cases.entries()) {
      if (at === 3) await enableKubernetesAuth(sandbox().paths, vault);
      assert.match(await upWith(given), report);
    }
    const now = await sandbox().deployed();
    for (const kind of ["DaemonSet", "ConfigMap"]) assert.equal(now[kind], deployed[kind], kind);
  });

  it("makes policy and role with exactly its policy, tests the login, and then rolls the pods", async () => {
    const pods = (await sandbox().agent()).pods.map(({ uid }) => uid);
    await whileFollowed(gateway, async () => {
      assert.equal(await upWith(grants), "");
      await sandbox().newCollectors(pods);
    });
    assert.equal(await sandbox().find(stackObjects.Secret), undefined, "the Secret is still there");
    const daemonSet = JSON.stringify(await sandbox().get(stackObjects.DaemonSet));
    assert.doesNotMatch(daemonSet, /"secretName"/);
  });
});

describe("mode vault: a collector", () => {
  let vault: Vault;
  before(async () => void ({ vault } = await sandbox().servers()));

  const logIn = async (account: { namespace: string; name: string }): Promise<string> => {
    const jwt = await serviceAccountToken(sandbox().api, account);
    const answer = await vaultCall({ ...vault, token: "" }, "POST", "auth/kubernetes/login", { role, jwt });
    return (answer as { auth: { client_token: string } }).auth.client_token;
  };

  it("reads its path and nothing else in Vault", async () => {
    const session = { ...vault, token: await logIn({ namespace: "monitoring", name: "alloy" }) };
    assert.ok(await vaultCall(session, "GET", credential));
    await vaultCall(session, "POST", "auth/token/renew-self");
    for (const [method, other] of [
      ["GET", `${credential}-gateway`],
      ["GET", "secret/data/detectviz/local/alloy/prometheus"],
      ["GET", "secret/metadata/detectviz/local/alloy/loki"],
      ["POST", credential],
      ["LIST", "secret/metadata/detectviz"],
      ["GET", "auth/token/lookup-self"],
      ["GET", `sys/policies/acl/${role}`],
    ] as const)
      await assert.rejects(
        vaultCall(session, method, other, method === "POST" ? { data: {} } : undefined),
        / 403 /,
        other,
      );
  });

  it("is the only one that gets in", async () => {
    for (const other of [
      { namespace: "monitoring", name: "default" },
      { namespace: "default", name: "default" },
    ])
      await assert.rejects(logIn(other), / 403 /, `${other.namespace}/${other.name}`);
  });

  it("reads no Secret through the API", async () => {
    const token = await serviceAccountToken(sandbox().api, { namespace: "monitoring", name: "alloy" });
    // Without the kubeconfig: its certificate would be believed before the token.
    const kubectl = `KUBECONFIG=/dev/null kubectl --insecure-skip-tls-verify --server ${sandbox().api.server}`;
    const status = async (apiPath: string): Promise<string> =>
      (await sandbox().shell(`${kubectl} --token ${token} get --raw ${apiPath}`)).output;
    assert.match(await status("/api/v1/namespaces/monitoring/pods"), /"kind":"PodList"/);
    for (const apiPath of ["/api/v1/namespaces/monitoring/secrets", "/api/v1/secrets", stackObjects.Secret])
      assert.match(await status(apiPath), /Forbidden/, apiPath);
  });

  it("goes on while Vault is away, and one that starts then waits for it", async () => {
    await noLineIsLost(300, 300, async () => {
      const record = await findProcess("vault", sandbox().paths);
      assert.ok(record);
      await endProcess(record, 0);
    });

    const [victim] = (await sandbox().agent()).pods;
    assert.ok(victim);
    await sandbox().api.request("DELETE", `/api/v1/namespaces/monitoring/pods/${victim.name}`);
    const others = (): Promise<boolean> =>
      sandbox()
        .agent()
        .then(({ pods }) => pods.some(({ node, uid, ready }) => node === victim.node && uid !== victim.uid && !ready));
    await waitUntil("a collector starts without Vault", others, { timeoutMs: 60_000, intervalMs: 200 });
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    const tools = await ensureTools(["bao"], () => undefined);
    await startVault({ paths: sandbox().paths, tools });
    await sandbox().newCollectors([victim.uid]);
    const { items } = await sandbox().get<{ items: Pod[] }>("/api/v1/namespaces/monitoring/pods");
    const fresh = items.find(({ metadata, spec }) => spec.nodeName === victim.node && metadata.name !== victim.name);
    assert.deepEqual(
      fresh?.status.containerStatuses.map(({ restartCount }) => restartCount),
      [0],
    );
    await noLineIsLost(300, 300, () => Promise.resolve());
  });

  it("learns of a new credential from Vault: rotated without a lost line or a restart", async () => {
    const user = async (): Promise<string> =>
      ((await vaultCall(vault, "GET", credential)) as { data: { data: { username: string } } }).data.data.username;
    const before = await user();
    await whileFollowed(gateway, () =>
      noLineIsLost(3_000, 100, async () => {
        const rotate = await sandbox().npm("rotate", ["local"]);
        assert.equal(rotate.exitCode, 0, rotate.output);
        assert.match(rotate.output, /every collector has delivered with it \(3\)\n+loki: rotated/);
      }),
    );
    assert.notEqual(await user(), before);
  });

  it("keeps the password out of everything that is kept or printed", async () => {
    const { data } = (await vaultCall(vault, "GET", credential)) as { data: { data: { password: string } } };
    assert.deepEqual(await placesThatHold(formsOf(data.data.password)), []);
  });
});

interface Pod extends LiveObject {
  spec: { nodeName?: string };
  status: { containerStatuses: { restartCount: number }[] };
}
