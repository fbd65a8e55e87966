import type * as operation from "../operations/new-stack/create-stack";
import { questions } from "../operations/new-stack/questions";
import { stackFolder } from "./command-line/stack";
import { defineVerb } from "./command-line/verb";

export const verb = defineVerb({
  name: "new-stack",
  summary: "Write the file of a new stack",
  description: [
    "Writes Pulumi.NAME.yaml with a comment for every value, after checking it. On a terminal it asks for every value " +
      "that no flag gives; without a terminal, --environment and --cluster are required. It never overwrites a file.",
  ],
  arguments: { name: { meaning: "the name of the new stack, without organisation or project" } },
  flags: Object.fromEntries(
    questions.map(({ flag, ask }) => [flag, { meaning: ask, value: flag.toUpperCase().replaceAll("-", "_") }]),
  ),
  examples: [
    { line: "npx alloyctl new-stack eu", meaning: "answer a question for each value" },
    {
      line: "npx alloyctl new-stack eu --environment production --cluster detectviz-eu",
      meaning: "do the same without a terminal; the other values have defaults",
    },
  ],
  exitCodes: { 0: "the file is written", 1: "the file exists already, or would be refused", 2: "a flag is missing" },
  run: async ({ arguments: { name }, flags }) => {
    const { createStack } = require("../operations/new-stack/create-stack") as typeof operation;
    return { text: await createStack(name, stackFolder(), flags) };
  },
});
