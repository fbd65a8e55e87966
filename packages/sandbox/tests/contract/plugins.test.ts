import { PLUGINS } from "../../stand-ins/install";
import type { PluginName } from "../../stand-ins/install";
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
      // A workflow that has installed them must not pass because they were not found.
      if (subject === undefined && process.env["CONTRACT_OFFICIAL"] === "required")
        throw new Error(`there is no official plugin ${name}, neither on PATH nor in the engine's plugin folder`);
      if (subject === undefined) this.skip();
    });
    CONTRACTS[name](() => subject);
  });
}
