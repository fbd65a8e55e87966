import type * as operation from "../operations/terraform/compare-stacks";
import { stackFolder } from "./command-line/stack";
import { defineVerb } from "./command-line/verb";

export const verb = defineVerb({
  name: "parity",
  summary: "Compare every stack with the Terraform files that it names",
  description: [
    "Compares each stack that sets alloy:terraform with the files that it names there, without an engine and " +
      "without a network. Stacks that name no file are listed and pass. It is meant for a workflow.",
  ],
  arguments: {},
  flags: {},
  json: "a list with the stack, its verdict (same, differs, unknown) and its findings",
  examples: [{ line: "npx alloyctl parity", meaning: "fail a pull request that disagrees with Terraform" }],
  exitCodes: {
    0: "every stack agrees with Terraform",
    1: "a value differs",
    2: "no value is known to differ, but some could not be compared",
  },
  run: () => (require("../operations/terraform/compare-stacks") as typeof operation).compareEveryStack(stackFolder()),
});
