import { GatedStack } from "./support/gate";
import { sectionTests } from "./gate/sections";
import { thirtyPodTests } from "./gate/thirty-pods";
import { rolledOut, rollOutTenTimes, type RolledOut } from "./gate/rolled-out";
import { previewTests } from "./gate/previews";
import { outageTests } from "./gate/outage";
import { diskTests } from "./gate/disk";

// One deployment for all of them, since each costs a rollout of every collector.
describe("a stack with everything on, behind a gate that counts", () => {
  const stack = new GatedStack();

  before(() => stack.deploy());

  after(() => stack.restore());

  sectionTests(stack);

  // Ten rollouts take their time, since collectors look for new pods every few seconds only.
  describe("while a Deployment is rolled out ten times", () => {
    let rollouts: Promise<RolledOut>;

    before(() => {
      rollouts = rollOutTenTimes(stack);
      rollouts.catch(() => undefined); // judged below
    });

    previewTests();
    thirtyPodTests(stack);
    // In a suite of its own, since mocha runs tests before the suites beside them.
    describe("the Deployment", () => rolledOut(() => rollouts));
  });

  outageTests(stack);
  diskTests();
});
