import assert from "node:assert/strict";

import { waitUntil } from "../../packages/sandbox/process/waiting";
import { deploy, ensureLogin, gateway, leaveGateway, neighbour, ours } from "./support/gateway";
import { assertNothingLost, underLoad } from "./support/load";
import { secretsIn } from "./support/needles";
import { assertStopped } from "./support/problem";
import { sandbox, stackObjects } from "./support/sandbox";
import { exportStack } from "./support/state";
import { rememberLogin } from "./support/vault";

const secretPath = "/api/v1/namespaces/monitoring/secrets";
const name = "made-by-a-person";

describe("credentials: mode existing, a Secret that a person made", () => {
  before(async () => {
    await ensureLogin();
    rememberLogin(neighbour);
    await sandbox().api.request("POST", secretPath, {
      body: {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name, namespace: "monitoring" },
        stringData: { "gateway.json": JSON.stringify(neighbour) },
      },
    });
    await deploy([
      [
        ["alloy:credentials"],
        { mode: "existing", loki: "basic", secretName: name, keys: { loki: "gateway.json" }, seed: false },
      ],
    ]);
  });

  after(async function () {
    await leaveGateway(this);
    await sandbox().api.request("DELETE", `${secretPath}/${name}`);
  });

  it("is what the collectors deliver with, through the gateway", async () => {
    const before = (await (await gateway()).requests()).length;
    const taken = async (): Promise<string[]> =>
      (await (await gateway()).requests()).slice(before).flatMap(({ status, user }) => (status === 204 ? [user] : []));
    const ledger = await underLoad(600, () =>
      waitUntil("the gateway takes lines", async () => (await taken()).length > 0, { timeoutMs: 60_000 }),
    );
    assertNothingLost(ledger);
    assert.deepEqual([...new Set(await taken())], [neighbour.username]);
  });

  it("is the person's: the stack has no Secret of its own, and nothing in its state", async () => {
    assert.equal(await sandbox().find(stackObjects.Secret), undefined);
    const { resources, text } = await exportStack(sandbox());
    assert.deepEqual(
      resources.filter(({ type }) => type.endsWith(":Secret") || type.startsWith("vault:")),
      [],
    );
    assert.deepEqual(secretsIn(text), []);
  });

  it("is not rotated by us: the command says whose it is", async () => {
    const told = assertStopped(await ours("rotate", ["local"]));
    assert.match(told.problem, /^is existing: the credential is not this program's to rotate$/);
  });
});
