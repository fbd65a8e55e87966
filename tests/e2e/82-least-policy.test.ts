import assert from "node:assert/strict";

import { waitUntil } from "../../packages/sandbox/process/waiting";
import { assertStopped, problemIn } from "./support/problem";
import {
  atGateway,
  gateway,
  leaveGateway,
  letNeighbourIn,
  lokiPath,
  markDeployed,
  modeSecret,
  ours,
  processes,
  setConfig,
} from "./support/gateway";
import { assertNothingLost, underLoad } from "./support/load";
import { askVault, currentLogin, forget, put, tokenFor, withVaultToken } from "./support/vault";
import { grantsIn, policyOf, without } from "./support/policy";

describe("credentials: the least policy in mode secret, with a first password to be written", () => {
  const expected = [
    "auth/token/lookup-self: read",
    `secret/data/${lokiPath}: create read`,
    `secret/data/${lokiPath}-gateway: create read`,
  ];
  let policy: string;

  before(async () => {
    await gateway();
    await setConfig(modeSecret(true));
    // A Vault in which nobody has ever written there.
    await forget(lokiPath, `${lokiPath}-gateway`, `${lokiPath}-next`);
    policy = await policyOf("up");
  });

  after(function () {
    return leaveGateway(this);
  });

  it("is printed: three lines", () => {
    assert.deepEqual(grantsIn(policy), expected);
  });

  const lacking: [line: number, place: RegExp, problem: RegExp, remedy: RegExp][] = [
    [0, /^Vault at \S+: VAULT_TOKEN$/, /may not look itself up$/, /read on auth\/token\/lookup-self$/],
    [
      1,
      new RegExp(`: secret/data/${lokiPath}$`),
      /^does not allow the token in VAULT_TOKEN to write this path$/,
      /^give the token's policy create and update on secret\/data\//,
    ],
    [
      2,
      new RegExp(`: secret/data/${lokiPath}-gateway$`),
      /^does not allow the token in VAULT_TOKEN to write this path$/,
      /^give the token's policy create and update on secret\/data\//,
    ],
  ];
  for (const [line, place, problem, remedy] of lacking)
    it(`does not suffice without ${expected[line]}: up says so`, async () => {
      const before = await processes();
      const token = await tokenFor(without(policy, line));
      const result = await withVaultToken(token, () => ours("up", ["local", "--yes"]));
      const told = assertStopped(result);
      assert.match(told.place, place);
      assert.match(told.problem, problem);
      assert.match(told.remedy, remedy);
      assert.deepEqual(await processes(), before, "a collector was touched");
    });

  it("suffices: up writes the first password and brings it to the collectors, which deliver through the gateway", async () => {
    const token = await tokenFor(policy);
    const result = await withVaultToken(token, () => ours("up", ["local", "--yes"]));
    assert.equal(result.exitCode, 0, result.output);
    await markDeployed();
    const login = await currentLogin(lokiPath);
    assert.equal(login.username, "local");
    await letNeighbourIn();
    assert.equal(await atGateway(login), "accepted");
    assert.equal(await atGateway({ ...login, password: "another" }), "refused");

    const ledger = await underLoad(600, async () => {
      const before = (await (await gateway()).requests()).length;
      await waitUntil("requests reach the gateway", async () => (await (await gateway()).requests()).length > before, {
        timeoutMs: 60_000,
      });
    });
    assertNothingLost(ledger);
    const requests = await (await gateway()).requests();
    assert.ok(requests.some(({ user, status }) => user === "local" && status === 204));
  });

  it("cannot write over a password, nor read what is not its own", async () => {
    const token = await tokenFor(policy);
    const tries: [method: string, path: string, body?: unknown][] = [
      ["POST", `secret/data/${lokiPath}`, { data: { username: "x", password: "y" } }],
      ["GET", "secret/data/detectviz/local/alloy/loki"],
      ["GET", `secret/metadata/${lokiPath}`],
      ["DELETE", `secret/metadata/${lokiPath}`],
      ["GET", "sys/policies/acl/root"],
      ["POST", "auth/token/create", {}],
    ];
    for (const [method, path, body] of tries)
      assert.equal((await askVault(token, method, path, body)).status, 403, `${method} ${path}`);
  });
});

describe("credentials: previews with readAt up", () => {
  let policy: string;

  before(async () => {
    await gateway();
    await setConfig([...modeSecret(true), [["alloy:credentials", "readAt"], "up"]]);
    policy = await policyOf("preview");
  });

  after(async function () {
    await setConfig(modeSecret(true));
    await leaveGateway(this);
  });

  it("need two lines: their own token, and the names of the secret's keys", () => {
    assert.deepEqual(grantsIn(policy), ["auth/token/lookup-self: read", `secret/subkeys/${lokiPath}: read`]);
  });

  it("pass with a token that cannot read the secret, and show its value as unknown", async () => {
    const token = await tokenFor(policy);
    assert.equal((await askVault(token, "GET", `secret/data/${lokiPath}`)).status, 403);
    const { body } = await askVault(token, "GET", `secret/subkeys/${lokiPath}`);
    assert.deepEqual((body["data"] as { subkeys: unknown }).subkeys, { password: null, username: null });

    const { password } = await currentLogin(lokiPath);
    const preview = await withVaultToken(token, () => ours("preview", ["local", "--diff"]));
    assert.equal(preview.exitCode, 0, preview.output);
    assert.match(preview.output, /alloy-credentials-secret/);
    assert.ok(!preview.output.includes(password));
  });

  for (const [line, problem] of [
    [0, /may not look itself up$/],
    [1, /^does not allow the token in VAULT_TOKEN to read this path$/],
  ] as const)
    it(`fail with one line less (${line + 1}), and say which`, async () => {
      const token = await tokenFor(without(policy, line));
      const preview = await withVaultToken(token, () => ours("preview", ["local"]));
      assert.notEqual(preview.exitCode, 0, preview.output);
      assert.match(problemIn(preview.output).problem, problem);
    });

  it("find a key that is missing all the same", async () => {
    const token = await tokenFor(policy.replaceAll(lokiPath, "detectviz/incomplete/alloy/loki"));
    await setConfig([
      ...modeSecret(false),
      [["alloy:credentials", "readAt"], "up"],
      [["alloy:vault", "path"], "detectviz/incomplete/alloy"],
    ]);
    await put("detectviz/incomplete/alloy/loki", { username: "local" });
    const preview = await withVaultToken(token, () => ours("preview", ["local"]));
    assert.notEqual(preview.exitCode, 0, preview.output);
    const told = problemIn(preview.output);
    assert.match(told.place, /secret\/detectviz\/incomplete\/alloy\/loki: password$/);
    assert.equal(told.problem, "this key is missing");
    await forget("detectviz/incomplete/alloy/loki");
  });
});
