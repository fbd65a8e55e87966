import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { parseDocument } from "yaml";

import { collectorsReady } from "../../packages/sandbox/start/collectors-ready";
import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { markedProcesses } from "../../packages/sandbox/process/orphans";
import { sandboxPaths, type SandboxPaths } from "../../packages/sandbox/paths";
import { isRunning, listProcesses, type ProcessRecord } from "../../packages/sandbox/process/processes";
import { vaultCall } from "../../packages/sandbox/servers/vault";
import { npmRun, run, type CommandResult } from "./support/command";
import { sandbox, stackObjects } from "./support/sandbox";
import { claimsOf } from "./support/summary";

const context = "somebodys-cluster";
const namespacePath = "/api/v1/namespaces/monitoring";
const credentialPath = "secret/metadata/detectviz/local/alloy/loki";

/**
 * `npm start -- --context NAME --vault ADDR --loki URL`, with the run's own API server, Vault and Loki in the place of
 * somebody's: they are not this second sandbox's, and it must leave them as they are. Runs after 90-destroy: the stack is
 * taken away first, and deployed again at the end.
 */
describe("npm start on a cluster of the user's", () => {
  let folder = "";
  let paths: SandboxPaths;
  let kubeconfig = "";
  let urls: { vault: string; loki: string };
  let token = "";
  let theirs: ProcessRecord[] = [];

  before(async () => {
    const destroyed = await sandbox().shell("pulumi destroy --yes --non-interactive");
    assert.equal(destroyed.exitCode, 0, destroyed.output);
    assert.deepEqual(await sandbox().deployed(), {});
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-e2e-own-"));
    paths = sandboxPaths(path.join(folder, "sandbox"));
    kubeconfig = path.join(folder, "kubeconfig.yaml");
    const document = parseDocument(await fs.readFile(sandbox().paths.kubeconfig, "utf8"));
    document.setIn(["contexts", 0, "name"], context);
    document.delete("current-context");
    await fs.writeFile(kubeconfig, document.toString(), { mode: 0o600 });
    const { vault, loki } = await sandbox().servers();
    urls = { vault: vault.address, loki: loki.url };
    token = vault.token;
    theirs = await listProcesses(sandbox().paths);
  });

  after(async () => {
    await npmRun("sandbox:down", [], { env: { ALLOY_SANDBOX: paths.root } });
    await fs.rm(folder, { recursive: true, force: true });
  });

  const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    ALLOY_SANDBOX: paths.root,
    KUBECONFIG: kubeconfig,
    VAULT_TOKEN: token,
    ...more,
  });
  const start = (args: readonly string[], more?: NodeJS.ProcessEnv): Promise<CommandResult> =>
    npmRun("start", ["--vault", urls.vault, "--loki", urls.loki, ...args], { env: env(more) });

  /** What the user has: the stack's objects, the namespace, and the versions of the credential. */
  async function state(): Promise<unknown> {
    const { vault } = await sandbox().servers();
    const { data } = (await vaultCall(vault, "GET", credentialPath)) as { data: unknown };
    const { metadata } = await sandbox().get(namespacePath);
    return { deployed: await sandbox().deployed(), namespace: [metadata.uid, metadata.resourceVersion], data };
  }

  async function assertTheirsRun(): Promise<void> {
    const ended = await Promise.all(theirs.map(async (record) => ((await isRunning(record)) ? [] : [record.name])));
    assert.deepEqual(ended.flat(), [], "a server of the user's was stopped");
  }

  async function refused(work: Promise<CommandResult>, ...expected: RegExp[]): Promise<void> {
    const before = await state();
    const result = await work;
    assert.equal(result.exitCode, 2, result.output);
    for (const text of [/nothing was (?:deployed|changed)\.$/m, ...expected]) assert.match(result.output, text);
    assert.doesNotMatch(result.output, /^ +at .+:\d+/m, "a stack trace is printed");
    assert.deepEqual(await state(), before, "something of the user's was touched");
    await assert.rejects(fs.stat(paths.root), { code: "ENOENT" }, "a sandbox was made");
  }

  it("is refused for a context that the kubeconfig lacks and a token that Vault does not take, both at once", () =>
    refused(
      start(["--context", "production", "--yes"], { VAULT_TOKEN: "not-a-token-of-this-vault" }),
      /^2 problems;/m,
      new RegExp(`has no context production\\n +→ use one of ${context}$`, "m"),
      /Vault at http:\/\/127\.0\.0\.1:\d+: VAULT_TOKEN\n +is refused \(403\)\n +→ export a token/,
    ));

  it("asks before it touches anything, and without a terminal wants --yes", () =>
    refused(
      start(["--context", context]),
      new RegExp(`would be deployed to context ${context}: https://127\\.0\\.0\\.1:\\d+, v1\\.37\\.\\d+, 3 nodes`),
      /Namespace monitoring is there already: it would be used as it is/,
      /The credential would be the one that is in Vault at/,
      /Prometheus would be started here, on 127\.0\.0\.1/,
      /is no terminal, so nobody can be asked\n +→ add --yes/,
    ));

  it("deploys there and proves what it can, with no cluster, Vault or node agent of its own", async () => {
    const before = (await state()) as { namespace: unknown; data: unknown };
    const result = await start(["--context", context, "--yes"]);
    assert.equal(result.exitCode, 0, result.output);
    const claims = claimsOf(result.output);
    assert.equal(claims.length, 4, result.output);
    assert.deepEqual(
      claims.filter(({ holds }) => !holds),
      [],
    );
    assert.match(claims[0]?.seen ?? "", /^3 of 3: node-1, node-2, node-3$/);
    assert.match(result.output, new RegExp(`stack local to context ${context}: \\d+ created`));
    assert.match(result.output, /namespace monitoring was there already and is used as it is/);

    assert.deepEqual(Object.keys(await sandbox().deployed()), Object.keys(stackObjects));
    const after = (await state()) as { namespace: unknown; data: unknown };
    assert.deepEqual([after.namespace, after.data], [before.namespace, before.data], "what was there was changed");
    assert.deepEqual(
      (await listProcesses(paths)).map(({ name }) => name),
      ["prometheus"],
    );
    await assert.rejects(fs.stat(path.join(paths.data, "cluster")), { code: "ENOENT" });
    await assertTheirsRun();
  });

  it("shows in sandbox:status what it has started itself, and nothing as broken", async () => {
    const status = await npmRun("sandbox:status", [], { env: env() });
    assert.equal(status.exitCode, 0, status.output);
    assert.match(status.output, /prometheus/);
  });

  it("is stopped without anything of the user's, and its state is not thrown away while something is deployed", async () => {
    const purge = await npmRun("sandbox:down", ["--purge"], { env: env() });
    assert.equal(purge.exitCode, 1, purge.output);
    assert.match(purge.output, new RegExp(`what was deployed to context ${context} is in the state`));
    const before = await state();
    const down = await npmRun("sandbox:down", [], { env: env() });
    assert.equal(down.exitCode, 0, down.output);
    assert.match(down.output, /^Stopped prometheus\.$/m);
    assert.deepEqual(await markedProcesses(paths.root), []);
    assert.deepEqual(await state(), before);
    await assertTheirsRun();
    await collectorsReady(sandbox().paths, nodeNames);
  });

  it("is taken away by pulumi destroy, with no server of its own running", async () => {
    const destroy = 'eval "$(npm run --silent sandbox:env)" || exit 70\npulumi destroy --yes --non-interactive';
    const result = await run("bash", ["-c", destroy], { env: env() });
    assert.equal(result.exitCode, 0, result.output);
    assert.deepEqual(await sandbox().deployed(), {});
    const purge = await npmRun("sandbox:down", ["--purge"], { env: env() });
    assert.equal(purge.exitCode, 0, purge.output);
    await assert.rejects(fs.stat(paths.root), { code: "ENOENT" });
    await assertTheirsRun();
  });
});

describe("npm start after pulumi destroy", () => {
  it("uses the namespace and the credential that were kept, and says so", async () => {
    const result = await sandbox().npm("start");
    assert.equal(result.exitCode, 0, result.output);
    assert.ok(claimsOf(result.output).every(({ holds }) => holds));
    assert.match(result.output, /namespace monitoring was there already and is used as it is/);
    assert.match(result.output, /the credential in Vault at detectviz\/local\/alloy was there already and is used/);
    assert.deepEqual(Object.keys(await sandbox().deployed()), Object.keys(stackObjects));
  });
});
