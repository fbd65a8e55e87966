import assert from "node:assert/strict";
import * as fs from "node:fs/promises";

import { readCollector } from "../../packages/sandbox/proof/collector-counts";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { play } from "../support/credential-cases";
import {
  atGateway,
  deploy,
  gateway,
  leaveGateway,
  letNeighbourIn,
  lokiPath,
  modeSecret,
  neighbour,
  processes,
} from "../e2e/support/gateway";
import { assertNothingLost, underLoad, writeWhile } from "../e2e/support/load";
import { misplaced, needleCount, readablePlaces, remember, secretsIn } from "../e2e/support/needles";
import { assertStopped } from "../e2e/support/problem";
import { nextLogin, RunningRotation, rotate, withFrozenKubelet } from "../e2e/support/rotation";
import { collectorPods, sandbox, stackObjects, type LiveObject } from "../e2e/support/sandbox";
import { TokenClient } from "../e2e/support/token";
import { currentLogin, held, whileAway, type Login } from "../e2e/support/vault";

type Secret = LiveObject & { data: Record<string, string> };

describe("credentials: a rotation in mode secret, behind nginx", () => {
  const accepted = "accepted";
  const refused = "refused";
  /** The credential as each test finds it. */
  let old: Login;
  let collectors: unknown[];

  const secret = async (): Promise<string> =>
    Buffer.from((await sandbox().get<Secret>(stackObjects.Secret)).data["loki.json"] ?? "", "base64").toString("utf8");

  before(async () => {
    await deploy(modeSecret(true));
    await letNeighbourIn();
    collectors = await processes();
  });

  beforeEach(async () => {
    old = await currentLogin(lokiPath);
  });

  afterEach(async () => {
    assert.deepEqual(await processes(), collectors, "a collector was restarted");
    assert.equal(await atGateway(neighbour), accepted, "the neighbour is not let in any more");
  });

  after(function () {
    return leaveGateway(this);
  });

  it("under load loses nothing, and refuses the old user at its end", async () => {
    let said = "";
    const ledger = await underLoad(600, async () => {
      const result = await rotate();
      assert.equal(result.exitCode, 0, result.output);
      said = result.output;
    });
    assertNothingLost(ledger);
    for (const line of [
      /^loki: both users are in secret\/\S+-gateway now; waiting until the gateway lets the new one in$/m,
      /^loki: the new credential is accepted$/m,
      /^loki: every collector has delivered with it \(3\)$/m,
      /^loki: rotated$/m,
    ])
      assert.match(said, line);
    const now = await currentLogin(lokiPath);
    assert.deepEqual([old.username, now.username], ["local", "local-2"]);
    assert.notEqual(now.password, old.password);
    assert.deepEqual(JSON.parse(await secret()), now);
    assert.equal(await held(`${lokiPath}-next`), undefined);
    await (await gateway()).follow();
    assert.deepEqual([await atGateway(old), await atGateway(now)], [refused, accepted]);
    // What came before is the rotation's own asking whether the new user is let in yet.
    const answers = (await (await gateway()).requests()).filter(({ user }) => user === now.username);
    const first = answers.findIndex(({ status }) => status !== 401);
    assert.ok(first >= 0 && answers.length > first + 3, `${answers.length} requests as ${now.username}`);
    assert.deepEqual(
      answers.slice(first).filter(({ status }) => status === 401),
      [],
      "a collector was refused",
    );
  });

  it("stops before anything changes where the gateway does not let the new user in, and is taken back", async () => {
    const objectBefore = await sandbox().get<Secret>(stackObjects.Secret);
    const versionBefore = (await held(lokiPath))?.version;
    await (await gateway()).hold();
    const ledger = await underLoad(600, async () => {
      const result = await RunningRotation.start("--timeout", "3s");
      const exitCode = await result.ended;
      const told = assertStopped({ exitCode: exitCode ?? 0, output: result.output, stdout: "", seconds: 0 });
      assert.match(
        told.problem,
        /^refuses the new credential \(401, tried from this machine\): the collectors were left as they are$/,
      );
    });
    assertNothingLost(ledger);
    const next = await nextLogin();
    assert.deepEqual([(await held(lokiPath))?.version, await currentLogin(lokiPath)], [versionBefore, old]);
    const object = await sandbox().get<Secret>(stackObjects.Secret);
    assert.equal(object.metadata.resourceVersion, objectBefore.metadata.resourceVersion, "the Secret was changed");

    await (await gateway()).follow();
    assert.equal(await atGateway(next), accepted);
    const abort = await rotate("--abort");
    assert.equal(abort.exitCode, 0, abort.output);
    assert.match(abort.output, /^loki: taken back$/m);
    assert.equal(await held(`${lokiPath}-next`), undefined);
    await (await gateway()).follow();
    assert.deepEqual([await atGateway(old), await atGateway(next)], [accepted, refused]);
    const again = await rotate("--abort");
    assert.match(again.output, /^loki: nothing to do$/m);
  });

  it("killed twice in the middle goes on with the same command, and loses nothing", async () => {
    const ledger = await underLoad(600, async () => {
      await (await gateway()).hold();
      const first = await RunningRotation.start();
      await first.said(/both users are in/);
      await first.kill();
      const next = await nextLogin();
      assert.deepEqual(await currentLogin(lokiPath), old);
      assert.deepEqual(JSON.parse(await secret()), old);

      await (await gateway()).follow();
      await withFrozenKubelet(async () => {
        const second = await RunningRotation.start();
        await second.said(/changing the Kubernetes Secret/);
        await waitUntil("the Secret has the new credential", async () => (await secret()).includes(next.password), {
          timeoutMs: 120_000,
        });
        await second.engineIsDone();
        await second.kill();
        assert.match(second.output, /goes on with a rotation that was interrupted before anything was changed/);
        assert.deepEqual([await atGateway(old), await atGateway(next)], [accepted, accepted]);
        const abort = await rotate("--abort");
        assert.notEqual(abort.exitCode, 0, abort.output);
        assert.match(abort.output, /has the new credential already, and collectors may use it/);
      });
      const third = await rotate();
      assert.equal(third.exitCode, 0, third.output);
      assert.match(third.output, /goes on with a rotation that was interrupted: Vault has the new credential/);
      assert.deepEqual(await currentLogin(lokiPath), next);
    });
    assertNothingLost(ledger);
    await (await gateway()).follow();
    assert.deepEqual([await atGateway(old), await atGateway(await currentLogin(lokiPath))], [refused, accepted]);
  });
});

describe("credentials: a Vault that is killed, in mode secret", () => {
  before(async () => {
    await deploy(modeSecret(true));
    await letNeighbourIn();
  });

  after(function () {
    return leaveGateway(this);
  });

  it("is missed neither by a collector that runs nor by one that starts", async () => {
    const one = (await sandbox().agent()).pods[0] ?? assert.fail("no collector runs");
    const ledger = await writeWhile(600, () =>
      whileAway(async () => {
        await sandbox().api.request("DELETE", `${collectorPods}/${one.name}`);
        await sandbox().newCollectors([one.uid]);
        for (const pod of (await sandbox().agent()).pods) {
          const { sent } = await readCollector(pod);
          await waitUntil(`${pod.node} delivers`, async () => (await readCollector(pod)).sent > sent, {
            timeoutMs: 60_000,
          });
        }
      }),
    );
    assert.ok(ledger.written > 0);
    assert.equal(ledger.found, ledger.written);
    const outcome = "it delivers: the credential is a file in the pod";
    play("secret, a collector that runs or starts", "Vault is killed", outcome, "nothing");
  });
});

describe("credentials: every user, password and token that was used in mode secret", () => {
  before(async () => {
    await deploy(modeSecret(true));
    await currentLogin(lokiPath);
    remember("the root token", (await sandbox().servers()).vault.token);
    for (const { pid, node } of (await sandbox().agent()).pods) {
      const file = `/proc/${pid}/root/var/run/secrets/kubernetes.io/serviceaccount/token`;
      remember(`the token of ${node}'s collector`, await fs.readFile(file, "utf8"));
    }
  });

  after(function () {
    return leaveGateway(this);
  });

  it("is found where it belongs: in the one Secret", async () => {
    const { data } = await sandbox().get<Secret>(stackObjects.Secret);
    assert.ok(secretsIn(JSON.stringify(data)).length > 0, "the search would find nothing anywhere");
  });

  it("is nowhere else: state, outputs, previews, logs, objects, events, command lines, UI, metrics", async () => {
    const places = await readablePlaces();
    assert.ok(needleCount() >= 8 && places.size >= 60, `${needleCount()} values in ${places.size} places`);
    console.error(`      ${needleCount()} values searched for in ${places.size} places`);
    assert.deepEqual(misplaced(places), []);
  });

  it("is for no collector to read by way of the API server", async () => {
    const collector = await TokenClient.for("monitoring", "alloy");
    for (const path of [
      "/api/v1/secrets",
      "/api/v1/namespaces/monitoring/secrets",
      "/api/v1/namespaces/monitoring/secrets/alloy-credentials",
    ])
      assert.equal((await collector.ask("GET", path)).status, 403, path);
  });
});
