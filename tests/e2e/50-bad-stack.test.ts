import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { parse, stringify } from "yaml";

import { repoRoot } from "../../kit/repo-root";
import { runPulumi, type Engine } from "../../packages/sandbox/engine/engine";
import type { CommandResult } from "./support/command";
import { sandbox } from "./support/sandbox";

const program = path.join("tests", "e2e", "bad-stack");

/** Names of everything in the cluster that is of a kind which a bad stack declares. */
async function everyObject(): Promise<string[]> {
  const lists = await Promise.all(
    [
      "/api/v1/namespaces",
      "/api/v1/configmaps",
      "/api/v1/secrets",
      "/apis/apps/v1/daemonsets",
      "/apis/rbac.authorization.k8s.io/v1/clusterroles",
      "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    ].map(async (list) => {
      const { items } = await sandbox().api.request<{ items: { metadata: { uid: string; name: string } }[] }>(
        "GET",
        list,
      );
      return items.map(({ metadata }) => `${list} ${metadata.name} ${metadata.uid}`);
    }),
  );
  return lists.flat().sort();
}

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
      "/apis/apps/v1/namespaces/monitoring/daemonsets/bad",
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
    // The engine ends an update at the first violation. In a collectors' stack that is the foreign provider, before any object.
    assert.match(result.output, /\[mandatory\].* alloy-fields +\(pulumi:providers:kubernetes: kubernetes\)/);
  });

  describe("in one way, with the generic rules alone", () => {
    const { stacks } = parse(readFileSync(path.join(repoRoot, "tests", "policy", "bad-stacks.yaml"), "utf8"), {
      merge: true,
    }) as {
      stacks: Record<string, { refusedBy: Record<string, string> }>;
    };
    let engine: Engine;
    let there: string[];

    // Without `alloy:` keys the rules about collectors are off: what refuses a stack is the one mistake in it.
    before(async () => {
      const own = await sandbox().engine();
      const salt = parse(await fs.readFile(own.configFile, "utf8")) as { encryptionsalt?: string };
      const configFile = path.join(folder, "Pulumi.generic.yaml");
      const config = { "bad-stack:context": own.madeFrom.addresses.context };
      await fs.writeFile(configFile, stringify({ encryptionsalt: salt.encryptionsalt, config }));
      engine = { ...own, env: { ...own.env, PULUMI_OPTION_CONFIG_FILE: configFile } };
      there = await everyObject();
    });

    it("is written down at least ten times", () => assert.ok(Object.keys(stacks).length >= 10));

    for (const [name, { refusedBy }] of Object.entries(stacks))
      it(`${name}: refused at preview, by ${Object.keys(refusedBy).join(" and ")}`, async () => {
        const args = ["preview", "--cwd", program, "--policy-pack", engine.policyPack];
        const result = await runPulumi({ ...engine, env: { ...engine.env, BAD_STACK: name } }, args);
        const output = `${result.stdout}\n${result.stderr}`;
        assert.notEqual(result.exitCode, 0, output);
        assert.doesNotMatch(output, /can't run policy/i);
        const said = [...output.matchAll(/\[mandatory\].* ([a-z-]+) +\((?:\S+) ([^\s)]+)\)/g)];
        assert.deepEqual(
          [...new Set(said.map(([, rule, object]) => `${rule ?? ""} ${object ?? ""}`))].sort(),
          Object.entries(refusedBy)
            .map(([rule, object]) => `${rule} ${object}`)
            .sort(),
          output,
        );
      });

    it("and nothing was created by any of them", async () => assert.deepEqual(await everyObject(), there));
  });

  it("leaves no file in the checkout", async () => {
    assert.deepEqual((await fs.readdir(path.join(repoRoot, program))).sort(), ["Pulumi.yaml", "index.ts"]);
  });
});
