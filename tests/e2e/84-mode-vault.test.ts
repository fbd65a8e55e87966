import assert from "node:assert/strict";

import { runPulumi } from "../../packages/sandbox/engine/engine";
import {
  atGateway,
  deploy,
  ensureLogin,
  gateway,
  leaveGateway,
  lokiPath,
  markDeployed,
  modeVault,
  neighbour,
  ours,
  processes,
  setConfig,
} from "./support/gateway";
import { assertNothingLost, underLoad } from "./support/load";
import { misplaced, readablePlaces, secretsIn } from "./support/needles";
import { grantsIn, policyOf, without } from "./support/policy";
import { assertStopped } from "./support/problem";
import { nextLogin, rotate, RunningRotation } from "./support/rotation";
import { sandbox } from "./support/sandbox";
import { exportStack } from "./support/state";
import {
  askVault,
  asRoot,
  currentLogin,
  enableKubernetesAuth,
  held,
  serviceAccountToken,
  tokenFor,
  withVaultToken,
} from "./support/vault";

const prefix = "alloy-detectviz-local.";
const accepted = "accepted";
const refused = "refused";

describe("credentials: mode vault, the least policy", () => {
  const expected = [
    "auth/token/lookup-self: read",
    `sys/policies/acl/${prefix}*: create read update delete`,
    `auth/kubernetes/role/${prefix}*: create read update delete`,
  ];
  let policy: string;
  let collectors: unknown[];

  before(async () => {
    await ensureLogin();
    await enableKubernetesAuth();
    await setConfig(modeVault);
    policy = await policyOf("up");
    collectors = await processes();
  });

  after(function () {
    return leaveGateway(this);
  });

  it("is printed: three lines, none of which reads a secret", () => {
    assert.deepEqual(grantsIn(policy), expected);
  });

  const lacking: [line: number, place: RegExp, problem: RegExp][] = [
    [0, /^Vault at \S+: VAULT_TOKEN$/, /may not look itself up$/],
    [
      1,
      new RegExp(`: sys/policies/acl/${prefix}[0-9a-f]{8}$`),
      /^does not allow the token in VAULT_TOKEN to write this path$/,
    ],
    [
      2,
      new RegExp(`: auth/kubernetes/role/${prefix}[0-9a-f]{8}$`),
      /^does not allow the token in VAULT_TOKEN to write this path$/,
    ],
  ];
  for (const [line, place, problem] of lacking)
    it(`does not suffice without ${expected[line]}: up says so`, async () => {
      const token = await tokenFor(without(policy, line));
      const told = assertStopped(await withVaultToken(token, () => ours("up", ["local", "--yes"])));
      assert.match(told.place, place);
      assert.match(told.problem, problem);
      assert.deepEqual(await processes(), collectors, "a collector was touched");
    });

  it("suffices: up makes policy and role, tries the login, and the collectors read Vault", async () => {
    const token = await tokenFor(policy);
    assert.equal((await askVault(token, "GET", `secret/data/${lokiPath}`)).status, 403);
    const up = await withVaultToken(token, () => ours("up", ["local", "--yes"]));
    assert.equal(up.exitCode, 0, up.output);
    await markDeployed();
    assert.match(up.output, /each of 3 collectors has sent lines/);
  });
});

describe("credentials: mode vault, collectors that read Vault themselves", () => {
  let role: string;

  before(async () => {
    await ensureLogin();
    await enableKubernetesAuth();
    await deploy(modeVault);
    const { data } = await asRoot<{ data: { keys: string[] } }>("LIST", "auth/kubernetes/role");
    assert.equal(data.keys.length, 1, data.keys.join(", "));
    role = data.keys[0] ?? "";
  });

  after(function () {
    return leaveGateway(this);
  });

  it("deliver through the gateway; rotated under load, and killed in the middle, nothing is lost", async () => {
    const collectors = await processes();
    const first = await currentLogin(lokiPath);
    const ledger = await underLoad(600, async () => {
      const whole = await rotate();
      assert.equal(whole.exitCode, 0, whole.output);
      assert.match(whole.output, /^loki: every collector has delivered with it \(3\)$/m);
      assert.doesNotMatch(whole.output, /Kubernetes Secret/);
      const second = await currentLogin(lokiPath);
      assert.notEqual(second.username, first.username);
      await (await gateway()).follow();
      assert.deepEqual([await atGateway(first), await atGateway(second)], [refused, accepted]);

      const killed = await RunningRotation.start();
      await killed.said(/has it as its newest version/);
      await killed.kill();
      const next = await nextLogin();
      assert.deepEqual(await currentLogin(lokiPath), next);
      assert.deepEqual([await atGateway(second), await atGateway(next)], [accepted, accepted]);
      const resumed = await rotate();
      assert.equal(resumed.exitCode, 0, resumed.output);
      assert.match(resumed.output, /goes on with a rotation that was interrupted: Vault has the new credential/);
      await (await gateway()).follow();
      assert.deepEqual([await atGateway(second), await atGateway(next)], [refused, accepted]);
    });
    assertNothingLost(ledger);
    assert.equal(await held(`${lokiPath}-next`), undefined);
    assert.deepEqual(await processes(), collectors, "a collector was restarted");
    assert.equal(await atGateway(neighbour), accepted);
  });

  it("leave no copy: not in a Secret of the cluster, not in the state, even where its secrets are shown", async () => {
    await currentLogin(lokiPath);
    const { items } = await sandbox().get<{ items: { metadata: { name: string } }[] } & Record<string, never>>(
      "/api/v1/secrets",
    );
    const copies = items.filter((item) => secretsIn(JSON.stringify(item)).length > 0);
    assert.deepEqual(
      copies.map(({ metadata }) => metadata.name),
      [],
    );
    const { resources } = await exportStack(sandbox());
    const kinds = resources.map(({ type }) => type);
    assert.ok(kinds.includes("vault:kubernetes/authBackendRole:AuthBackendRole"), kinds.join(", "));
    assert.deepEqual(
      kinds.filter((type) => /:Secret$|^random:|SecretV2$/.test(type)),
      [],
    );
    const shown = await runPulumi(await sandbox().engine(), ["stack", "export", "--show-secrets"]);
    assert.equal(shown.exitCode, 0, shown.stderr);
    assert.deepEqual(secretsIn(shown.stdout), []);
  });

  it("show their credential nowhere", async () => {
    assert.deepEqual(misplaced(await readablePlaces()), []);
  });

  it("read exactly their path in Vault", async () => {
    const jwt = await serviceAccountToken("monitoring", "alloy");
    const { status, body } = await askVault(undefined, "POST", "auth/kubernetes/login", { role, jwt });
    assert.equal(status, 200, JSON.stringify(body));
    const { client_token, policies, renewable, lease_duration } = body["auth"] as {
      client_token: string;
      policies: string[];
      renewable: boolean;
      lease_duration: number;
    };
    assert.deepEqual([policies, renewable, lease_duration], [[role], true, 24 * 3600]);
    assert.equal((await askVault(client_token, "GET", `secret/data/${lokiPath}`)).status, 200);
    const others: [method: string, path: string, body?: unknown][] = [
      ["GET", `secret/data/${lokiPath}-gateway`],
      ["GET", `secret/data/${lokiPath}-next`],
      ["GET", `secret/data/${lokiPath}/more`],
      ["GET", "secret/data/detectviz/local/alloy/loki"],
      ["GET", "secret/data/detectviz/gateway/alloy/prometheus"],
      ["GET", `secret/metadata/${lokiPath}`],
      ["GET", `secret/subkeys/${lokiPath}`],
      ["LIST", "secret/metadata/detectviz"],
      ["LIST", "secret/metadata"],
      ["POST", `secret/data/${lokiPath}`, { data: { username: "x", password: "y" } }],
      ["DELETE", `secret/data/${lokiPath}`],
      ["POST", `secret/undelete/${lokiPath}`, { versions: [1] }],
      ["GET", `sys/policies/acl/${role}`],
      ["PUT", `sys/policies/acl/${role}`, { policy: 'path "*" { capabilities = ["read"] }' }],
      ["GET", `auth/kubernetes/role/${role}`],
      ["GET", "auth/kubernetes/config"],
      ["GET", "auth/token/lookup-self"],
      ["POST", "auth/token/create", {}],
      ["GET", "sys/mounts"],
      ["GET", "sys/auth"],
    ];
    for (const [method, path, sent] of others)
      assert.equal((await askVault(client_token, method, path, sent)).status, 403, `${method} ${path}`);
    assert.equal((await askVault(client_token, "POST", "auth/token/revoke-self")).status, 204);
  });

  it("are the only ones whom their role lets in", async () => {
    const { api } = sandbox();
    const namesake = { name: "alloy", namespace: "default" };
    await api.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: namesake });
    try {
      for (const [namespace, name] of [
        ["monitoring", "default"],
        ["default", "alloy"],
        ["kube-system", "vault-reviewer"],
      ] as const) {
        const jwt = await serviceAccountToken(namespace, name);
        const { status, body } = await askVault(undefined, "POST", "auth/kubernetes/login", { role, jwt });
        assert.equal(status, 403, `${namespace}/${name}: ${JSON.stringify(body)}`);
        assert.equal(body["auth"] ?? undefined, undefined);
      }
    } finally {
      await api.request("DELETE", `/api/v1/namespaces/${namesake.namespace}/serviceaccounts/${namesake.name}`);
    }
  });
});
