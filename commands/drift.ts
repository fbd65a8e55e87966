import type * as operation from "../operations/drift/find-drift";
import type * as table from "../operations/drift/findings";
import type * as context from "../operations/stack-context";
import { stackPlace } from "./command-line/stack";
import { defineVerb } from "./command-line/verb";

export const verb = defineVerb({
  name: "drift",
  summary: "Show where the cluster and Vault differ from the stack",
  description: [
    "Compares the stack with the cluster and Vault, field by field, and prints a table. It changes nothing in the " +
      "cluster, in Vault or in Pulumi's state. npx alloyctl up STACK --restore puts everything back.",
  ],
  arguments: { stack: { meaning: "the stack" } },
  flags: {},
  json: "a list with the resource, the field, and what was expected and found",
  examples: [
    { line: "npx alloyctl drift production", meaning: "find out whether somebody has changed something by hand" },
  ],
  exitCodes: { 0: "nothing differs from the stack", 1: "something differs" },
  run: async ({ arguments: words }) => {
    const { resolveStack } = require("../operations/stack-context") as typeof context;
    const { findDrift } = require("../operations/drift/find-drift") as typeof operation;
    const { driftTable } = require("../operations/drift/findings") as typeof table;
    const { stack, folder } = stackPlace(words.stack);
    const { drifts } = await findDrift(await resolveStack(stack, {}, folder), (text) => console.error(text));
    const json = drifts.map(({ added: _, ...drift }) => drift);
    if (drifts.length === 0) return { text: `${stack}: everything is as the stack says`, json };
    const fields = drifts.length === 1 ? "1 field is" : `${drifts.length} fields are`;
    const hint = `${fields} not as the stack says. npx alloyctl up ${stack} --restore puts them back.`;
    return { exitCode: 1, text: `${driftTable(drifts)}\n\n${hint}`, json };
  },
});
