import * as fs from "node:fs";
import * as path from "node:path";
import { sandboxPaths, type SandboxPaths } from "../../paths";
import { runningProcess } from "../../process/processes";
import { clusterTools, startCluster } from "../../servers/cluster/cluster";
import { startVault } from "../../servers/vault";
import { stopSandbox } from "../../start/lifecycle";
import { ensureTools } from "../../toolchain/ensure";
import { buildOfficialPlugins } from "../../toolchain/official-plugins";
import { temporaryFolder } from "./support";

let own: SandboxPaths | undefined;

/**
 * Before the suite, if it is run alone: the servers that the environment names, else those of a sandbox that is up, else
 * a cluster and a Vault that are started for this run and go with it. With `--official` also the two official plugins that
 * can be built from what registries have, which takes half an hour the first time; the suite then has to run against them.
 */
export const mochaHooks: Mocha.RootHookObject = {
  async beforeAll(this: Mocha.Context) {
    this.timeout(0); // with an empty cache the tools are fetched or built first, which takes as long as it takes
    const env = process.env;
    if (process.argv.includes("--official")) {
      env["CONTRACT_PLUGINS"] = await buildOfficialPlugins((tool, text) => tell(`${tool}: ${text}`));
      env["CONTRACT_OFFICIAL"] ||= "kubernetes,random";
    }
    // Not KUBECONFIG and VAULT_ADDR: those are what a person works with, and the suite writes.
    const given = [env["CONTRACT_KUBECONFIG"], env["CONTRACT_VAULT_ADDR"], env["CONTRACT_VAULT_TOKEN"]];
    if (given.every(Boolean)) return tell(`the servers that the environment names: ${given[0]}, ${given[1]}`);
    const running = sandboxPaths();
    const isUp = (await runningProcess("vault", running)) !== undefined && fs.existsSync(running.kubeconfig);
    if (!isUp) own = sandboxPaths(path.join(temporaryFolder(), "sandbox"));
    const paths = own ?? running;
    const tools = await ensureTools([...clusterTools, "bao"], (tool, text) => tell(`${tool}: ${text}`));
    const [cluster, vault] = await Promise.all([
      given[0] || startCluster({ paths, tools, log: tell }).then(({ kubeconfig }) => kubeconfig),
      given[1] && given[2] ? { address: given[1], token: given[2] } : startVault({ paths, tools, log: tell }),
    ]);
    env["CONTRACT_KUBECONFIG"] = cluster;
    env["CONTRACT_VAULT_ADDR"] = vault.address;
    env["CONTRACT_VAULT_TOKEN"] = vault.token;
    tell(own === undefined ? `the servers of the sandbox ${paths.root}` : "servers that were started for this run");
  },

  async afterAll(this: Mocha.Context) {
    this.timeout(60_000);
    if (own !== undefined) await stopSandbox(own);
  },
};

function tell(text: string): void {
  console.error(`contract: ${text}`);
}
