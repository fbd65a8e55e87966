import * as path from "node:path";

import type * as engine from "../operations/engine/run";
import type * as context from "../operations/stack-context";
import type * as operation from "../operations/vault-policy";
import type * as files from "../settings/parse-settings";
import { stackPlace } from "./command-line/stack";
import { defineVerb } from "./command-line/verb";

export const verb = defineVerb({
  name: "vault-policy",
  summary: "Print the least Vault policy that a stack needs",
  description: [
    "Prints, in Vault's own language, the least policy with which a token can preview, deploy or rotate this stack. It " +
      "comes from the stack's settings and asks no server.",
  ],
  arguments: { stack: { meaning: "the stack" } },
  flags: {
    for: {
      meaning: "What the token is used for",
      value: "PURPOSE",
      choices: ["preview", "up", "rotate"],
      default: "up",
    },
  },
  examples: [
    {
      line: "npx alloyctl vault-policy production --for preview | vault policy write alloy-preview -",
      meaning: "give pull requests a token that can only preview",
    },
  ],
  exitCodes: { 0: "the policy is printed", 1: "this stack needs no token for that" },
  run: async ({ arguments: { stack }, flags }) => {
    const { engineFor } = require("../operations/stack-context") as typeof context;
    const { checkStack } = require("../operations/engine/run") as typeof engine;
    const { leastVaultPolicy } = require("../operations/vault-policy") as typeof operation;
    const { configFile } = await engineFor(stackPlace(stack).stack);
    const settings = checkStack(stack, configFile && path.dirname(configFile));
    return { text: leastVaultPolicy(settings, (flags.for ?? "up") as operation.VaultPurpose, stackFile(stack)) };
  },
});
