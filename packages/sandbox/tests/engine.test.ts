import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { parse } from "yaml";

import { repoRoot } from "../../../kit/repo-root";
import { stackConfigText } from "../../../operations/sandbox-door";
import { stackValues, type SandboxAddresses } from "../engine/engine";
import { releaseDeadLocks } from "../engine/locks";
import { parseSettings } from "../../../settings/parse-settings";

const addresses: SandboxAddresses = {
  context: "alloy-sandbox",
  kubeconfig: "/somewhere/kubeconfig.yaml",
  vault: { address: "http://127.0.0.1:40001", token: "token-that-must-not-be-there" },
  lokiPushUrl: "http://127.0.0.1:40002/loki/api/v1/push",
  prometheusWriteUrl: "http://127.0.0.1:40003/api/v1/write",
};

describe("the sandbox's copy of the stack's config", () => {
  const source = (): Promise<string> => fs.readFile(path.join(repoRoot, "Pulumi.local.yaml"), "utf8");

  it("has the sandbox's addresses and is valid", async () => {
    const text = stackConfigText(await source(), undefined, stackValues(addresses));
    const { config } = parse(text) as { config: Record<string, unknown> };
    const asConfig = Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
    const settings = parseSettings(Object.fromEntries(asConfig) as Record<string, string>, "Pulumi.local.yaml");
    assert.equal(settings.vault?.address, addresses.vault.address);
    assert.equal(settings.lokiUrl, addresses.lokiPushUrl);
    assert.equal(settings.prometheusUrl, addresses.prometheusWriteUrl);
    assert.equal(settings.kubernetes?.context, "alloy-sandbox");
  });

  it("keeps comments and the rest, and holds no token", async () => {
    const text = stackConfigText(await source(), undefined, stackValues(addresses));
    assert.match(text, /# The sandbox of `npm start`/);
    assert.match(text, /alloy:clusterName: detectviz-local/);
    assert.ok(!text.includes(addresses.vault.token));
  });

  it("carries the state's salt over, and nothing else of the earlier copy", async () => {
    const earlier = "encryptionsalt: v1:abc\nconfig:\n  alloy:clusterName: other\n";
    const text = stackConfigText(await source(), earlier, stackValues(addresses));
    assert.match(text, /^encryptionsalt: v1:abc$/m);
    assert.ok(!text.includes("other\n"));
  });
});

describe("locks of engines that are gone", () => {
  let backend = "";
  beforeEach(async () => (backend = await fs.mkdtemp(path.join(os.tmpdir(), "engine-locks-"))));
  afterEach(() => fs.rm(backend, { recursive: true, force: true }));

  async function lock(name: string, pid: number): Promise<string> {
    const folder = path.join(backend, ".pulumi", "locks", "organization", "alloy", "local");
    await fs.mkdir(folder, { recursive: true });
    const file = path.join(folder, name);
    await fs.writeFile(file, JSON.stringify({ pid, timestamp: "2026-01-01T00:00:00Z" }));
    return file;
  }

  const exists = (file: string): Promise<boolean> =>
    fs.access(file).then(
      () => true,
      () => false,
    );

  it("are removed, those of a running one stay", async () => {
    const engine = spawn("/bin/sleep", ["60"], { argv0: "pulumi", stdio: "ignore" });
    try {
      await once(engine, "spawn");
      const dead = await lock("dead.json", 2 ** 22 + 1);
      // After a reboot the pid of a lock may be that of any program.
      const taken = await lock("taken.json", process.pid);
      const alive = await lock("alive.json", engine.pid ?? 0);
      await releaseDeadLocks(backend);
      assert.equal(await exists(dead), false);
      assert.equal(await exists(taken), false);
      assert.equal(await exists(alive), true);
    } finally {
      engine.kill("SIGKILL");
    }
  });

  it("may be none", () => assert.doesNotReject(() => releaseDeadLocks(backend)));
});
