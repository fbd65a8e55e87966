import type * as context from "../operations/stack-context";
import type * as operation from "../operations/vault-policy";
import { stackPlace } from "./command-line/stack";
import { defineVerb } from "./command-line/verb";

export const verb = defineVerb({
  name: "vault-policy",
  summary: "Print the least Vault policy that a stack needs",
  description: [
    "Prints the least policy with which a token can preview, deploy or rotate this stack, in Vault's own language. The " +
      "policy is computed from the stack's settings; no server is asked.",
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
  run: async ({ arguments: words, flags }) => {
    const { resolveStack } = require("../operations/stack-context") as typeof context;
    const { leastVaultPolicy } = require("../operations/vault-policy") as typeof operation;
    const { stack, folder } = stackPlace(words.stack);
    const purpose = (flags.for ?? "up") as operation.VaultPurpose;
    return { text: leastVaultPolicy(await resolveStack(stack, {}, folder), purpose) };
  },
});
