import { GatedStack } from "../support/e2e-gate";
import { sectionTests } from "./gate/sections";
import { onceTests } from "./gate/once";
import { previewTests } from "./gate/previews";
import { outageTests } from "./gate/outage";
import { diskTests } from "./gate/disk";

// One deployment for all of them, since each costs a rollout of every collector.
describe("a stack with everything on, behind a gate that counts", () => {
  const stack = new GatedStack();

  before(() => stack.deploy());

  after(() => stack.restore());

  sectionTests(stack);
  previewTests();
  onceTests(stack);
  outageTests(stack);
  diskTests();
});
