import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { readDeliveries } from "../../cli/rotation/collectors";
import { stopGateway, type Gateway } from "../../sandbox/gateway";
import { repoRoot } from "../../sandbox/paths";
import { vaultCall } from "../../sandbox/vault";
import { waitUntil } from "../../sandbox/waiting";
import { startWorkload } from "../../sandbox/workload/start";
import { changeConfig } from "../support/e2e-config";
import { gatewayOfSandbox, whileFollowed } from "../support/e2e-gateway";
import { formsOf, placesThatHold } from "../support/e2e-leaks";
import { noLineIsLost } from "../support/e2e-lines";
import { sandbox, stackObjects, type LiveObject } from "../support/e2e-sandbox";

const at = "secret/data/detectviz/local/alloy/loki";

interface Held {
  data: { data: { username: string; password: string }; metadata: { version: number } };
}

const held = async (): Promise<Held["data"]> => {
  const { vault } = await sandbox().servers();
  return ((await vaultCall(vault, "GET", at)) as Held).data;
};

/** What must not change when a rotation is refused. */
async function standing(): Promise<unknown> {
  const secret = await sandbox().get<LiveObject>(stackObjects.Secret);
  return { vault: (await held()).metadata.version, secret: secret.metadata.resourceVersion };
}

describe("npm run rotate, mode secret, Loki behind nginx with Basic auth", () => {
  let gateway: Gateway;

  before(async () => {
    gateway = await gatewayOfSandbox();
    await changeConfig([
      [["alloy:credentials"], { mode: "secret", loki: "basic" }],
      [["alloy:lokiUrl"], gateway.pushUrl],
    ]);
    const pods = (await sandbox().agent()).pods.map(({ uid }) => uid);
    await whileFollowed(gateway, async () => {
      const up = await sandbox().shell("pulumi up --yes --skip-preview --non-interactive");
      assert.equal(up.exitCode, 0, up.output);
      await sandbox().newCollectors(pods);
    });
  });

  it("stops where the gateway refuses the new user, before anything is changed, and can be taken back", async () => {
    const before = await standing();
    const rotate = await sandbox().npm("rotate", ["local", "--timeout", "3s"]);
    assert.notEqual(rotate.exitCode, 0, rotate.output);
    assert.match(
      rotate.output,
      /nothing was deployed\.\n +\S+\/loki\/api\/v1\/push\n +refuses the new credential \(401,/,
    );
    assert.deepEqual(await standing(), before);
    const abort = await sandbox().npm("rotate", ["local", "--abort"]);
    assert.match(abort.output, /loki: taken back/);
    assert.deepEqual(await standing(), before);
  });

  it("killed while it waits for the gateway, has changed nothing", async () => {
    const before = await standing();
    const child = spawn(process.execPath, ["--import", "tsx", path.join(repoRoot, "cli", "rotate.ts"), "local"], {
      cwd: repoRoot,
      env: { ...process.env, ALLOY_SANDBOX: sandbox().root },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (part: Buffer) => (said += part.toString("utf8")));
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const waits = (): Promise<boolean | string> => Promise.resolve(/waiting until the gateway/.test(said) || said);
    await waitUntil("it waits for the gateway", waits, { timeoutMs: 120_000 });
    child.kill("SIGKILL");
    await ended;
    assert.deepEqual(await standing(), before);
  });

  it("run again goes on from there: every line of a busy node arrives, and no collector restarts", async () => {
    const before = await held();
    await whileFollowed(gateway, () =>
      noLineIsLost(4_000, 100, async () => {
        const rotate = await sandbox().npm("rotate", ["local"]);
        assert.equal(rotate.exitCode, 0, rotate.output);
        assert.match(rotate.output, /goes on with a rotation that was interrupted before anything was changed/);
        assert.match(rotate.output, /every collector has delivered with it \(3\)\n+loki: rotated/);
      }),
    );
    const now = await held();
    assert.equal(now.metadata.version, before.metadata.version + 1);
    assert.notEqual(now.data.username, before.data.username);
    const users = (await fs.readFile(gateway.usersFile, "utf8")).trim().split("\n");
    assert.deepEqual(
      users.map((line) => line.split(":")[0]),
      [now.data.username],
    );
    assert.deepEqual(await placesThatHold(formsOf(now.data.password, JSON.stringify(now.data))), []);
  });

  it("is refused while collectors try again", async () => {
    const before = await standing();
    await stopGateway(sandbox().paths);
    await startWorkload({ paths: sandbox().paths, lines: 300, ratePerSecond: 300 });
    await waitUntil(
      "the collectors try again",
      async () => {
        const { pods } = await sandbox().agent();
        const collectors = pods.map(({ node, name, uiUrl }) => ({
          node,
          pod: name,
          get: (page: string) => fetch(new URL(page, uiUrl)).then((response) => response.text()),
        }));
        const retries = await Promise.all(collectors.map((collector) => readDeliveries(collector, "loki")));
        return retries.every(({ retried }) => retried > 0) || retries.map(({ retried }) => retried).join(" ");
      },
      { timeoutMs: 60_000, intervalMs: 500 },
    );
    const rotate = await sandbox().npm("rotate", ["local"]);
    await gatewayOfSandbox();
    assert.notEqual(rotate.exitCode, 0, rotate.output);
    assert.match(rotate.output, /the collectors of node-\d.*\n +cannot deliver to loki right now and try again/);
    assert.deepEqual(await standing(), before);
  });
});
