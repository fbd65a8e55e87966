import assert from "node:assert/strict";

import { collectorsReady } from "../../packages/sandbox/start/collectors-ready";
import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { readCollector } from "../../packages/sandbox/proof/collector-counts";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { play } from "../support/credential-cases";
import { deniedIn, logSizes, saidByEach } from "../e2e/support/collector-logs";
import {
  deploy,
  ensureLogin,
  leaveGateway,
  lokiPath,
  markDeployed,
  modeVault,
  ours,
  processes,
  setConfig,
} from "../e2e/support/gateway";
import { writeWhile } from "../e2e/support/load";
import { policyOf } from "../e2e/support/policy";
import { refusal } from "../e2e/support/refusal";
import { collectorPods, sandbox } from "../e2e/support/sandbox";
import {
  askVault,
  asRoot,
  currentLogin,
  enableKubernetesAuth,
  forget,
  put,
  tokenFor,
  whileSealed,
  withVaultToken,
} from "../e2e/support/vault";

/** The collectors' roles and policies in Vault. */
async function grants(): Promise<{ roles: string[]; policies: string[] }> {
  const list = async (path: string): Promise<string[]> => {
    const { data } = await asRoot<{ data: { keys: string[] } }>("LIST", path);
    return data.keys.filter((name) => name.startsWith("alloy-detectviz-local")).sort();
  };
  return { roles: await list("auth/kubernetes/role"), policies: await list("sys/policies/acl") };
}

describe("credentials: when Vault fails an up in mode vault", () => {
  // The collectors that run read another path again every ten seconds: theirs stays as it is.
  const path = "detectviz/cases/alloy";
  const usual = { username: "local", password: "of-the-cases" };
  const where = "vault, up";
  const outcome = "the collectors are left as they are";
  let sizes: Map<string, number>;

  before(async () => {
    await ensureLogin();
    await enableKubernetesAuth();
    await deploy(modeVault);
    sizes = await logSizes();
    await setConfig([...modeVault, [["alloy:vault", "path"], path]]);
  });

  after(async function () {
    await forget(`${path}/loki`);
    await setConfig(modeVault);
    await leaveGateway(this);
  });

  // Tokens come first: an up asks for one only where the policy or the role in Vault has to change.
  it("a wrong token", async () => {
    const told = await withVaultToken("s.never-issued", () => refusal("up", ["--yes"]));
    play(where, "the token is wrong", outcome, told);
  });

  it("a token that has expired", async () => {
    const token = await tokenFor(await policyOf("up"), "1s");
    await waitUntil(
      "the token has expired",
      async () => (await askVault(token, "GET", "auth/token/lookup-self")).status === 403,
      { timeoutMs: 30_000 },
    );
    play(where, "the token has expired", outcome, await withVaultToken(token, () => refusal("up", ["--yes"])));
  });

  it("a path that nobody has written", async () => {
    play(where, "the path holds nothing", outcome, await refusal("up", ["--yes"]));
  });

  it("a key that is missing", async () => {
    await put(`${path}/loki`, { username: usual.username });
    play(where, "a key is missing", outcome, await refusal("up", ["--yes"]));
  });

  it("a value that is empty", async () => {
    await put(`${path}/loki`, { ...usual, password: "" });
    play(where, "a value is empty", outcome, await refusal("up", ["--yes"]));
  });

  it("a version that is deleted", async () => {
    await put(`${path}/loki`, usual);
    await asRoot("DELETE", `secret/data/${path}/loki`);
    play(where, "the newest version is deleted", outcome, await refusal("up", ["--yes"]));
  });

  it("leaves the collectors' role and policy: one that starts now logs in and reads as before", async () => {
    const { pods } = await sandbox().agent();
    const one = pods[0] ?? assert.fail("no collector runs");
    assert.deepEqual(await deniedIn(sizes), [], "a refused up has taken the grant of collectors that run");
    await sandbox().api.request("DELETE", `${collectorPods}/${one.name}`);
    await sandbox().newCollectors([one.uid]);
    await collectorsReady(sandbox().paths, nodeNames);
    assert.deepEqual(await deniedIn(sizes), []);
  });

  it("leaves none but theirs once an up has succeeded, with exactly the policy that is printed", async () => {
    assert.equal((await grants()).roles.length, 2, "the refused ups have made no role of their own");
    await setConfig(modeVault);
    const token = await tokenFor(await policyOf("up"));
    const up = await withVaultToken(token, () => ours("up", ["local", "--yes"]));
    assert.equal(up.exitCode, 0, up.output);
    await markDeployed();
    const { roles, policies } = await grants();
    assert.deepEqual([roles.length, policies], [1, roles]);
    await sandbox().agent();
  });
});

describe("credentials: what is wrong in Vault while collectors read it", () => {
  const where = "vault, a collector that runs";
  let collectors: unknown[];
  let sizes: Map<string, number>;

  before(async () => {
    await ensureLogin();
    await enableKubernetesAuth();
    await deploy(modeVault);
    collectors = await processes();
    sizes = await logSizes();
  });

  afterEach(async () => {
    assert.deepEqual(await processes(), collectors, "a collector was restarted");
    assert.deepEqual(await deniedIn(sizes), [], "Vault let a collector not read: what is in it was not seen");
  });

  after(function () {
    return leaveGateway(this);
  });

  interface Toll {
    written: number;
    found: number;
    /** Lines that the collectors count as given up, their own among them. */
    dropped: number;
    said: string;
  }

  async function dropped(): Promise<number> {
    const counts = await Promise.all((await sandbox().agent()).pods.map(readCollector));
    return counts.reduce((sum, one) => sum + one.dropped, 0);
  }

  /** Waits until each collector has sent since now; where `evaluated`, with the credential that is in Vault by now. */
  async function eachDelivers(evaluated: boolean): Promise<void> {
    const { pods } = await sandbox().agent();
    const before = await Promise.all(pods.map(readCollector));
    for (const [at, pod] of pods.entries())
      await waitUntil(
        `the collector of ${pod.node} delivers`,
        async () => {
          const answer = await fetch(new URL("/api/v0/web/components/loki.write.default", pod.uiUrl));
          const { health } = (await answer.json()) as { health: { state: string; message: string } };
          if (evaluated && health.state !== "healthy") return health.message;
          return (await readCollector(pod)).sent > (before[at]?.sent ?? 0);
        },
        { timeoutMs: 60_000, intervalMs: 500 },
      );
  }

  /**
   * What comes of lines while the secret is wrong, until each collector has said so and, where `delivers`, has sent some
   * after it; and of those from then until a person has put it right and each collector has taken that.
   */
  async function meanwhile(goWrong: () => Promise<void>, pattern: RegExp, delivers: boolean): Promise<Toll> {
    const login = await currentLogin(lokiPath);
    const before = await dropped();
    const since = await logSizes();
    let said = "";
    const { written, found } = await writeWhile(100, async () => {
      try {
        await goWrong();
        said = await saidByEach(since, pattern);
        if (delivers) await eachDelivers(false);
      } finally {
        await put(lokiPath, { ...login });
      }
      await eachDelivers(true);
    });
    const toll = { written, found, dropped: (await dropped()) - before, said };
    console.error(`      ${JSON.stringify(toll)}`);
    return toll;
  }

  function assertDelivered({ written, found, dropped }: Omit<Toll, "said">): void {
    assert.ok(written > 0, "nothing was written");
    assert.deepEqual({ found, dropped }, { found: written, dropped: 0 });
  }

  const stays = "it delivers on with what it has read";
  const lacks =
    /msg="(failed to evaluate config)"[^\n]* node=loki\.write\.default [^\n]*(field \\"\w+\\" does not exist)/;

  it("a version that is deleted", async () => {
    const toll = await meanwhile(() => asRoot("DELETE", `secret/data/${lokiPath}`), lacks, true);
    assertDelivered(toll);
    play(where, "the newest version is deleted", stays, toll.said);
  });

  it("a key that is missing", async () => {
    const { username } = await currentLogin(lokiPath);
    const toll = await meanwhile(() => put(lokiPath, { username }), lacks, true);
    assertDelivered(toll);
    play(where, "a key is missing", stays, toll.said);
  });

  it("a value that is empty: nobody has tried it", async () => {
    const { username } = await currentLogin(lokiPath);
    const { written, found, dropped, said } = await meanwhile(
      () => put(lokiPath, { username, password: "" }),
      /msg="(final error sending batch, no retries left, dropping data)"[^\n]* status=(401) /,
      false,
    );
    assert.ok(found < written, `${found} of ${written} were found: an empty password was let in`);
    assert.ok(dropped >= written - found, `${written - found} are missing, ${dropped} were counted as dropped`);
    play(
      where,
      "a value is empty",
      "its batches are refused, dropped and counted until a right value is read: use npx alloyctl rotate",
      said,
    );
  });

  it("a Vault that is sealed", async () => {
    const before = await dropped();
    const since = await logSizes();
    const sealed = /msg="(failed to get token)"[^\n]*Code: 503\. Errors:[^\n]*\* (Vault is sealed)/;
    let said = "";
    const counts = await writeWhile(100, () =>
      whileSealed(async () => {
        said = await saidByEach(since, sealed);
      }),
    );
    assertDelivered({ ...counts, dropped: (await dropped()) - before });
    play(where, "Vault is sealed", stays, said);
  });
});
