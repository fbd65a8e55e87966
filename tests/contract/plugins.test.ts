import { PLUGINS } from "../../sandbox/plugins/install";
import type { PluginName } from "../../sandbox/plugins/install";
import { kubernetesContract } from "./kubernetes";
import { randomContract } from "./random";
import type { Subject } from "./support";
import { official, standIn, temporaryFolder } from "./support";
import { vaultContract } from "./vault";

const CONTRACTS: Record<PluginName, (subject: () => Subject | undefined) => void> = {
  kubernetes: kubernetesContract,
  random: randomContract,
  vault: vaultContract,
};

// The same rules for both: a stand-in that behaves otherwise than the official plugin would make the sandbox lie.
for (const name of PLUGINS) {
  describe(`plugin ${name}: stand-in`, () => {
    let subject: Subject | undefined;
    before(async () => {
      subject = await standIn(name, temporaryFolder());
    });
    CONTRACTS[name](() => subject);
  });

  describe(`plugin ${name}: official, where this machine has it`, () => {
    let subject: Subject | undefined;
    before(async function () {
      subject = await official(name);
      if (subject === undefined) this.skip();
    });
    CONTRACTS[name](() => subject);
  });
}
