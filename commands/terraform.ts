import * as path from "node:path";

import type * as compare from "../operations/terraform/compare-stacks";
import type * as sync from "../operations/terraform/sync-stack";
import { confirm } from "./command-line/confirm";
import { stackPlace } from "./command-line/stack";
import { defineVerb } from "./command-line/verb";

export const verb = defineVerb({
  name: "terraform",
  summary: "Compare a stack with Terraform's values, or take them over",
  description: [
    "check compares the stack's file with the values of Terraform: .tfvars and .tfvars.json files, .tf and .tofu files " +
      "with their defaults, folders of them, or the output of `terraform output -json`. It changes nothing, and never " +
      "prints a value that one of them marks as sensitive.",
    "sync compares, shows the change to the stack's file as a diff, asks, and writes it. It keeps comments and order.",
  ],
  arguments: {
    action: { meaning: "compare, or compare and write", choices: ["check", "sync"] },
    stack: { meaning: "the stack" },
  },
  flags: {
    from: {
      meaning: "A file or folder of Terraform, or - for standard input; a later one wins",
      value: "FILE",
      many: true,
      default: "what the stack's alloy:terraform.from names",
    },
    map: {
      meaning: "The file that maps Terraform's names to settings",
      value: "FILE",
      default: "what alloy:terraform.map names, else terraform.map.yaml",
    },
    yes: { meaning: "sync: write without asking" },
  },
  json: "the stack, its verdict (same, differs, unknown), its findings, and what sync has written",
  examples: [
    {
      line: "npx alloyctl terraform check production --from ../platform/eu.tfvars",
      meaning: "find out whether the stack agrees with this file",
    },
    {
      line: "terraform output -json | npx alloyctl terraform check production --from -",
      meaning: "find out whether it agrees with the outputs of Terraform's state",
    },
  ],
  exitCodes: {
    0: "the stack agrees with Terraform; after sync: it does now",
    1: "a value differs, or sync was answered with no",
    2: "no value is known to differ, but some could not be compared",
  },
  run: async ({ arguments: { action, stack }, flags: { from, map, yes }, json }) => {
    const place = stackPlace(stack);
    const { compareOneStack } = require("../operations/terraform/compare-stacks") as typeof compare;
    // What is typed is meant from here; what the stack's file names is meant from its own folder.
    const here = (file: string): string =>
      file === "-" ? file : path.relative(place.folder, path.resolve(file)) || ".";
    const compared = await compareOneStack(place, { from: from.map(here), map: map && here(map) });
    if (action === "check" || compared.exitCode !== 1) return compared;
    const { syncStack } = require("../operations/terraform/sync-stack") as typeof sync;
    if (!json) console.log(compared.text);
    return syncStack(place, compared, yes ? () => Promise.resolve(true) : confirm);
  },
});
