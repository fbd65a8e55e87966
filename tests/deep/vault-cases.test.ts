import assert from "node:assert/strict";
import * as fs from "node:fs/promises";

import { collectorsReady } from "../../packages/sandbox/start/collectors-ready";
import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { readCollector, type CollectorCounts } from "../../packages/sandbox/proof/collector-counts";
import type { PodSnapshot } from "../../packages/sandbox/node-agent/pod-snapshot";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { assertCommitted, play } from "../support/credential-cases";
import { logSizes, saidByEach } from "../e2e/support/collector-logs";
import {
  deploy,
  ensureLogin,
  gateway,
  leaveGateway,
  lokiPath,
  modeSecret,
  modeVault,
  ours,
  setConfig,
  type ConfigValues,
} from "../e2e/support/gateway";
import { writeWhile } from "../e2e/support/load";
import { policyOf } from "../e2e/support/policy";
import { assertStopped } from "../e2e/support/problem";
import { refusal } from "../e2e/support/refusal";
import { rotate, nextLogin } from "../e2e/support/rotation";
import { collectorPods, sandbox } from "../e2e/support/sandbox";
import {
  askVault,
  asRoot,
  currentLogin,
  enableKubernetesAuth,
  forget,
  put,
  tokenFor,
  whileAway,
  whileSealed,
  withVaultToken,
} from "../e2e/support/vault";

const nothing = "nothing is deployed";

describe("credentials: when Vault fails a preview or an up", () => {
  const casesPath = "detectviz/cases/alloy";
  const elsewhere: ConfigValues = [...modeSecret(false), [["alloy:vault", "path"], casesPath]];
  const usual = { username: "local", password: "of-the-cases" };

  before(async () => {
    await ensureLogin();
    await enableKubernetesAuth();
    await deploy(modeVault);
    await setConfig(elsewhere);
  });

  after(async function () {
    await forget(`${casesPath}/loki`);
    await setConfig(modeVault);
    await leaveGateway(this);
  });

  const where = "secret, preview";

  it("a path that nobody has written", async () => {
    play(where, "the path holds nothing", nothing, await refusal("preview"));
  });

  it("a key that is missing", async () => {
    await put(`${casesPath}/loki`, { username: usual.username });
    play(where, "a key is missing", nothing, await refusal("preview"));
  });

  it("a value that is empty", async () => {
    await put(`${casesPath}/loki`, { ...usual, password: "" });
    play(where, "a value is empty", nothing, await refusal("preview"));
  });

  it("a version that is deleted", async () => {
    await put(`${casesPath}/loki`, usual);
    await asRoot("DELETE", `secret/data/${casesPath}/loki`);
    play(where, "the newest version is deleted", nothing, await refusal("preview"));
  });

  it("a wrong token", async () => {
    await put(`${casesPath}/loki`, usual);
    const told = await withVaultToken("s.never-issued", () => refusal("preview"));
    play(where, "the token is wrong", nothing, told);
  });

  it("a token that has expired", async () => {
    const token = await tokenFor(await policyOf("up"), "1s");
    await waitUntil(
      "the token has expired",
      async () => (await askVault(token, "GET", `secret/data/${casesPath}/loki`)).status === 403,
      { timeoutMs: 30_000 },
    );
    play(where, "the token has expired", nothing, await withVaultToken(token, () => refusal("preview")));
  });

  it("a credential that the gateway does not take", async () => {
    play("secret, up", "the credential is wrong", nothing, await refusal("up", ["--yes"]));
  });

  it("a Vault that is sealed", async () => {
    await whileSealed(async () => {
      play(where, "Vault is sealed", nothing, await refusal("preview"));
      await setConfig(modeVault);
      play("vault, up", "Vault is sealed", "the collectors are left as they are", await refusal("up", ["--yes"]));
      const told = await refusal("rotate");
      play("vault, rotate", "Vault is sealed", "nothing is changed", told);
    });
  });
});

describe("credentials: when Vault fails the collectors that read it", () => {
  before(async () => {
    await ensureLogin();
    await enableKubernetesAuth();
    await deploy(modeVault);
  });

  after(function () {
    return leaveGateway(this);
  });

  it("a rotation whose credential the gateway does not take", async () => {
    await (await gateway()).hold();
    const before = await currentLogin(lokiPath);
    const told = await refusal("rotate", ["--timeout", "2s"]);
    play("secret or vault, rotate", "the new credential is wrong", "the collectors are left as they are", told);
    await nextLogin();
    assert.deepEqual(await currentLogin(lokiPath), before);
    assert.equal((await rotate("--abort")).exitCode, 0);
    await (await gateway()).follow();
  });

  it("a Vault that is killed: who runs delivers on, who starts waits for it, and nothing is lost", async () => {
    const one = (await sandbox().agent()).pods[0] ?? assert.fail("no collector runs");
    const successor = async (): Promise<PodSnapshot | undefined> =>
      (await sandbox().agent()).pods.find(({ node, uid }) => node === one.node && uid !== one.uid);
    const others = async (): Promise<CollectorCounts[]> =>
      Promise.all((await sandbox().agent()).pods.filter(({ node }) => node !== one.node).map(readCollector));
    const logs: string[] = [];
    const othersLogs = await logSizes(one.node);
    let said = "";
    const { written, found } = await writeWhile(300, async () => {
      await whileAway(async () => {
        await sandbox().api.request("DELETE", `${collectorPods}/${one.name}`);
        const before = await others();
        const up = assertStopped(await ours("up", ["local", "--yes"]));
        play("vault, up", "Vault is killed", "the collectors are left as they are", up);
        const rotation = assertStopped(await ours("rotate", ["local"]));
        play("vault, rotate", "Vault is killed", "nothing is changed", rotation);
        await waitUntil(
          "the collector that starts has given up and is started again",
          async () => ((await successor())?.restarts ?? 0) > 0,
          { timeoutMs: 180_000, intervalMs: 500 },
        );
        logs.push(await fs.readFile((await successor())?.log ?? "", "utf8"));
        said = await saidByEach(othersLogs, /msg="(failed to get token)"[^\n]*(connection refused)/);
        const after = await others();
        for (const [at, { node, sent, dropped }] of after.entries()) {
          assert.ok(sent > (before[at]?.sent ?? 0), `${node} has sent nothing while Vault was away`);
          assert.equal(dropped, before[at]?.dropped, `${node} has given lines up`);
        }
      });
      await collectorsReady(sandbox().paths, nodeNames);
    });
    console.error(`      ${written} written, ${found} found`);
    assert.deepEqual([written > 0, found], [true, written]);
    const [, gaveUp] = /^Error: .*(failed to get token: .*)$/m.exec(logs.join("\n")) ?? [];
    assert.ok(gaveUp, logs.join("\n"));
    play(
      "vault, a collector that starts",
      "Vault is killed",
      "it tries for a while, ends and is started again until Vault is back; its lines come then",
      `Alloy: ${gaveUp}`,
    );
    play("vault, a collector that runs", "Vault is killed", "it delivers on with what it has read", said);
  });

  it("printed and committed", function () {
    const suites = this.test?.parent?.parent?.suites ?? [];
    const all = [
      "credentials: a rotation in mode secret",
      "credentials: when Vault fails an up in mode vault",
      "credentials: what is wrong in Vault while collectors read it",
      "credentials: when Vault fails a preview or an up",
    ];
    return assertCommitted(all.every((title) => suites.some((suite) => suite.title.startsWith(title))));
  });
});
