import type * as operation from "../operations/deploy";
import { confirm } from "./command-line/confirm";
import { stackPlace } from "./command-line/stack";
import { defineVerb } from "./command-line/verb";

export const verb = defineVerb({
  name: "up",
  summary: "Deploy a stack: preview, ask, update, wait until every collector sends",
  description: [
    "Previews with the policy pack, asks, and updates. It refuses to roll pods while a collector holds lines that Loki " +
      "does not take, because a collector that stops then loses them. It refuses to hand out a credential that Loki or " +
      "Prometheus does not accept.",
    "After the update it waits until every node that alloy:rollout.await names runs the new collector, and until each " +
      "new collector has sent a line. It says why a pod does not come, and ends early if that does not pass by itself.",
  ],
  arguments: { stack: { meaning: "the stack" } },
  flags: {
    yes: { meaning: "Do not ask; needed without a terminal" },
    force: { meaning: "Roll pods even if lines would be lost, and do not try credentials first" },
    restore: { meaning: "Also put back what was changed by hand (alloyctl drift shows it)" },
  },
  examples: [
    { line: "npx alloyctl up staging", meaning: "see the change, then agree to it" },
    { line: "npx alloyctl up production --yes", meaning: "deploy from a workflow" },
    { line: "npx alloyctl up production --restore", meaning: "undo changes that were made by hand" },
  ],
  exitCodes: {
    0: "everything is deployed, and every collector sends",
    1: "it was refused (settings, a policy, your answer), the update failed, or a collector does not run or send",
  },
  run: async ({ arguments: { stack }, flags: { yes, force, restore } }) => {
    const { deployStack } = require("../operations/deploy") as typeof operation;
    const ask = yes ? () => Promise.resolve(true) : confirm;
    return { exitCode: await deployStack(stackPlace(stack), { ask, force, restore }) };
  },
});
