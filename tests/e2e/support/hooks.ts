import assert from "node:assert/strict";

import { useOfficialPlugins } from "./official-plugins";
import { sandbox, startSandbox } from "./sandbox";

/**
 * Before all files: one sandbox by `npm start`; the contract suite uses its API server and its Vault. With `--official` the
 * stack is then deployed by the official plugins that can be built here.
 */
export const mochaHooks: Mocha.RootHookObject = {
  async beforeAll(this: Mocha.Context) {
    this.timeout(0); // with an empty cache the tools are built first, which takes as long as it takes
    const started = await startSandbox();
    assert.equal(started.firstStart.exitCode, 0, "npm start failed; what it said stands above");
    if (process.argv.includes("--official")) await useOfficialPlugins(started);
    const { vault } = await started.servers();
    process.env["CONTRACT_KUBECONFIG"] = started.paths.kubeconfig;
    process.env["CONTRACT_VAULT_ADDR"] = vault.address;
    process.env["CONTRACT_VAULT_TOKEN"] = vault.token;
  },

  async afterAll(this: Mocha.Context) {
    await sandbox().stop(anyFailed(root(this.test?.parent)));
  },
};

function root(suite: Mocha.Suite | undefined): Mocha.Suite | undefined {
  return suite?.parent === undefined ? suite : root(suite.parent);
}

function anyFailed(suite: Mocha.Suite | undefined): boolean {
  if (suite === undefined) return false;
  return suite.tests.some(({ state }) => state === "failed") || suite.suites.some(anyFailed);
}
