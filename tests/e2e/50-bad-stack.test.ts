import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { runPulumi } from "../../sandbox/engine";
import { repoRoot } from "../../sandbox/paths";
import type { CommandResult } from "../support/e2e-command";
import { sandbox } from "../support/e2e-sandbox";

const program = path.join("tests", "e2e", "bad-stack");

describe("a stack that breaks the rules", () => {
  let folder: string;

  // `stack init` writes into the project's folder, so it is done in another one with a project of the same name.
  before(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-bad-stack-"));
    await fs.writeFile(path.join(folder, "Pulumi.yaml"), "name: bad-stack\nruntime: nodejs\n");
    const init = await runPulumi(await sandbox().engine(), ["stack", "init", "--no-select", "--cwd", folder]);
    assert.equal(init.exitCode, 0, init.stderr);
  });

  after(async () => {
    // By force: the refused `up` has noted the stack itself and the provider, and no object.
    const removed = await runPulumi(await sandbox().engine(), ["stack", "rm", "--yes", "--force", "--cwd", folder]);
    await fs.rm(folder, { recursive: true, force: true });
    assert.equal(removed.exitCode, 0, removed.stderr);
  });

  const mistakes = [
    ["container-privileged", "bad-daemon-set"],
    ["image-version", "bad-daemon-set"],
    ["rbac-no-wildcard", "bad-role"],
  ];

  /** Which of the three mistakes the pack names as a mandatory violation. */
  function named(output: string): string[] {
    return mistakes.flatMap(([policy = "", object = ""]) =>
      new RegExp(`\\[mandatory\\].* ${policy} +\\(kubernetes:\\S+ ${object}\\)`).test(output) ? [policy] : [],
    );
  }

  async function assertRefused({ exitCode, output }: Pick<CommandResult, "exitCode" | "output">): Promise<void> {
    assert.notEqual(exitCode, 0, output);
    assert.doesNotMatch(output, /can't run policy/i);
    for (const apiPath of [
      "/apis/rbac.authorization.k8s.io/v1/clusterroles/bad",
      "/apis/apps/v1/namespaces/default/daemonsets/bad",
    ])
      assert.equal(await sandbox().find(apiPath), undefined, `${apiPath} was created`);
  }

  it("is refused at preview by the pack, every mistake named, and nothing is created", async () => {
    const engine = await sandbox().engine();
    const result = await runPulumi(engine, ["preview", "--cwd", program, "--policy-pack", engine.policyPack]);
    const output = `${result.stdout}\n${result.stderr}`;
    await assertRefused({ exitCode: result.exitCode, output });
    assert.deepEqual(
      named(output),
      mistakes.map(([policy]) => policy),
    );
  });

  it("is refused the same way when it is typed by hand with the exports of sandbox:env", async () => {
    const result = await sandbox().shell(`pulumi preview --non-interactive --cwd ${program}`);
    await assertRefused(result);
    assert.equal(named(result.output).length, mistakes.length);
  });

  it("is refused by up, too", async () => {
    const result = await sandbox().shell(`pulumi up --yes --skip-preview --non-interactive --cwd ${program}`);
    await assertRefused(result);
    // The engine ends an update at the first violation, before it creates that object.
    assert.ok(named(result.output).length > 0, result.output);
  });

  it("leaves no file in the checkout", async () => {
    assert.deepEqual((await fs.readdir(path.join(repoRoot, program))).sort(), ["Pulumi.yaml", "index.ts"]);
  });
});
