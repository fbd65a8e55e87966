import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { ownerVariable, placeVariable } from "../../kit/process-marks";
import { doorFile, writeStackConfig, type SandboxDoor, type SandboxEngine } from "../../operations/sandbox-door";
import { resolveStack } from "../../operations/stack-context";
import { writeJson } from "../../kit/files";

describe("what belongs to a stack", () => {
  let root: string;
  let before: string | undefined;
  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-door-"));
    before = process.env["ALLOY_SANDBOX"];
    process.env["ALLOY_SANDBOX"] = root;
  });
  afterEach(() => {
    if (before === undefined) delete process.env["ALLOY_SANDBOX"];
    else process.env["ALLOY_SANDBOX"] = before;
    fs.rmSync(root, { recursive: true, force: true });
  });

  /** What `npm start` leaves, and nothing else of a sandbox. */
  async function openSandbox(collectorsFile?: string): Promise<SandboxEngine> {
    const folder = path.join(root, "pulumi");
    fs.mkdirSync(folder);
    fs.copyFileSync(path.join(repoRoot, "Pulumi.yaml"), path.join(folder, "Pulumi.yaml"));
    const configFile = path.join(folder, "Pulumi.local.yaml");
    const values = [
      { path: ["alloy:kubernetes", "context"], value: "of-the-sandbox" },
      { path: ["alloy:lokiUrl"], value: "http://127.0.0.1:4/loki/api/v1/push" },
    ];
    const checksum = await writeStackConfig(configFile, values);
    const engine: SandboxEngine = {
      ...{ root, configFile, pulumi: "/sandbox/pulumi", policyPack: "/sandbox/pack" },
      env: { KUBECONFIG: "/sandbox/kubeconfig", VAULT_TOKEN: "hidden" },
      madeFrom: { values, checksum },
    };
    const engineFile = path.join(folder, "engine.json");
    await writeJson(engineFile, engine, 0o600);
    const door: SandboxDoor = { stack: "local", engineFile, ...(collectorsFile && { collectorsFile }) };
    await writeJson(doorFile(root), door);
    return engine;
  }

  it("is the user's own engine, and the checkout's file, while no sandbox has the stack", async () => {
    const { folder, file, engine, env, place } = await resolveStack("local", { ADDED: "1" });
    assert.deepEqual([folder, file, place.stackFile], [repoRoot, "Pulumi.local.yaml", "Pulumi.local.yaml"]);
    assert.deepEqual([engine.pulumi, engine.configFile, env], ["pulumi", undefined, { ADDED: "1" }]);
  });

  it("is the sandbox's engine and its copy of the file, as long as its door is there", async () => {
    const collectorsFile = path.join(root, "node-agent.json");
    const { configFile } = await openSandbox(collectorsFile);
    const pods = [{ node: "n", name: "alloy-x", phase: "Running", pid: 1, uiUrl: "http://127.0.0.1:1" }];
    await writeJson(collectorsFile, { pods });
    const context = await resolveStack("local", { ADDED: "1" });
    assert.equal(context.settings.kubernetes?.context, "of-the-sandbox");
    assert.equal(context.place.context, "of-the-sandbox");
    assert.equal(context.settings.lokiUrl, "http://127.0.0.1:4/loki/api/v1/push");
    assert.deepEqual([context.engine.pulumi, context.engine.configFile], ["/sandbox/pulumi", configFile]);
    const { [ownerVariable]: owner, [placeVariable]: startedFor, ...env } = context.env;
    assert.deepEqual(env, { KUBECONFIG: "/sandbox/kubeconfig", VAULT_TOKEN: "hidden", ADDED: "1" });
    assert.deepEqual([startedFor, owner?.split(" ")[0]], [root, String(process.pid)]);
    assert.deepEqual(
      (await context.findCollectors()).map(({ pod }) => pod),
      ["alloy-x"],
    );

    fs.rmSync(doorFile(root));
    assert.equal((await resolveStack("local")).engine.pulumi, "pulumi");
  });

  it("is no other stack's", async () => {
    await openSandbox();
    assert.equal((await resolveStack("staging")).engine.pulumi, "pulumi");
  });

  it("makes the copy anew if the file was edited since, and keeps secrets to this user", async () => {
    const engine = await openSandbox();
    const engineFile = path.join(root, "pulumi", "engine.json");
    await writeJson(engineFile, { ...engine, madeFrom: { ...engine.madeFrom, checksum: "of-an-earlier-text" } }, 0o600);
    fs.writeFileSync(engine.configFile, "encryptionsalt: v1:abc\nconfig: {}\n");
    const { settings } = await resolveStack("local");
    assert.equal(settings.kubernetes?.context, "of-the-sandbox");
    assert.match(fs.readFileSync(engine.configFile, "utf8"), /^encryptionsalt: v1:abc$/m);
    assert.deepEqual(JSON.parse(fs.readFileSync(engineFile, "utf8")), engine);
    assert.equal(fs.statSync(engineFile).mode & 0o777, 0o600);
    assert.doesNotMatch(fs.readFileSync(doorFile(root), "utf8"), /hidden/);
  });
});
