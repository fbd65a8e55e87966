import type * as operation from "../operations/recording/golden";
import { runVerb } from "./command-line/run";
import { defineVerb } from "./command-line/verb";

export const verb = defineVerb({
  name: "golden-update",
  typed: "npm run golden:update",
  summary: "Write the golden file of every stack",
  description: [
    "Writes tests/golden/STACK.json for every stack of the checkout: what the stack declares, to be read and committed " +
      "with the change that caused it.",
  ],
  arguments: {},
  flags: {},
  examples: [],
  exitCodes: { 0: "the files are written", 1: "the settings of a stack are refused" },
  run: async () => {
    const { updateGoldenFiles } = require("../operations/recording/golden") as typeof operation;
    const changed = await updateGoldenFiles();
    return {
      text: Object.entries(changed)
        .map(([name, differs]) => `${name}: ${differs ? "updated, read the diff before you commit it" : "unchanged"}`)
        .join("\n"),
    };
  },
});

void runVerb(verb, process.argv.slice(2));
