import assert from "node:assert/strict";
import { PLUGINS, type PluginName } from "../../../../plugins/plugin-versions";
import { pluginFile } from "../../../../plugins/plugins-on-path";
import { applies, DIFFERENCES, differenceOf } from "./differences";
import { kubernetesContract } from "./kubernetes";
import { randomContract } from "./random";
import { Report } from "./report";
import type { Subject } from "./support";
import { mustBeOfficial, official, standIn, temporaryFolder } from "./support";
import { vaultContract } from "./vault";

const CONTRACTS: Record<PluginName, (subject: () => Subject | undefined) => void> = {
  kubernetes: kubernetesContract,
  random: randomContract,
  vault: vaultContract,
};
const report = new Report();
after(() => console.log(report.text()));

// The same rules for both: a stand-in that behaves otherwise than the official plugin would make the sandbox lie.
for (const name of PLUGINS) {
  describe(`plugin ${name}: stand-in`, () => {
    let subject: Subject | undefined;
    before(async () => {
      subject = await standIn(name, temporaryFolder());
      report.ran(subject);
    });
    CONTRACTS[name](() => subject);
  });

  describe(`plugin ${name}: official, where this machine has it`, () => {
    let subject: Subject | undefined;
    before(async function () {
      subject = await official(name);
      if (subject !== undefined) {
        report.ran(subject);
        const titles = titlesOf(this.test?.parent);
        const gone = DIFFERENCES.filter(
          (difference) =>
            applies(difference, name, subject?.version ?? "") && !titles.some((t) => difference.test.test(t)),
        );
        assert.deepEqual(gone, [], "differences.ts names a difference that no test has");
        return;
      }
      const reason = `there is no ${pluginFile(name)}, neither in CONTRACT_PLUGINS, on PATH nor in the engine's plugin folder`;
      // A workflow that has installed them must not pass because they were not found.
      if (mustBeOfficial(name)) throw new Error(reason);
      report.leftOut(`official ${name}`, reason);
      this.skip();
    });
    beforeEach(function () {
      if (subject === undefined || this.currentTest === undefined) return;
      const title = this.currentTest.fullTitle();
      const difference = differenceOf({ plugin: name, version: subject.version, title });
      if (difference === undefined) return;
      report.differs(subject, difference);
      this.skip();
    });
    CONTRACTS[name](() => subject);
  });
}

function titlesOf(suite: Mocha.Suite | undefined): string[] {
  if (suite === undefined) return [];
  return [...suite.tests.map((test) => test.fullTitle()), ...suite.suites.flatMap(titlesOf)];
}
