import * as path from "node:path";

import { policyText, previewGrants, programGrants, rotationGrants, type VaultGrant } from "../vault/policy";
import { UserError } from "../kit/user-error";
import { stackFile } from "../settings/parse-settings";
import type { Settings } from "../settings/schema";
import { runCommand } from "./command";
import { checkStack } from "../operations/engine/run";
import { engineFor } from "../operations/stack-context";

const grantsFor: Partial<Record<string, (settings: Settings) => VaultGrant[]>> = {
  preview: previewGrants,
  up: programGrants,
  rotate: rotationGrants,
};

/**
 * `npm run vault-policy -- STACK [--for preview|up|rotate]`: the least policy, in Vault's own language, with which a
 * token can do that for this stack. Generated from the settings, as the resources are; asks no server. The sandbox's
 * stack has settings of its own while it runs.
 */
runCommand(
  "vault-policy",
  ["STACK"],
  async ({ positionals: [stack = ""], values }) => {
    const { configFile } = await engineFor(stack);
    const settings = checkStack(stack, configFile && path.dirname(configFile));
    const purpose = String(values["for"] ?? "up");
    const grants = grantsFor[purpose]?.(settings);
    if (grants === undefined)
      throw UserError.of(
        "npm run vault-policy",
        "--for",
        `does not know ${JSON.stringify(purpose)}`,
        "write --for preview, --for up or --for rotate",
      );
    if (grants.length === 0)
      throw UserError.of(
        stackFile(stack),
        "alloy:credentials.mode",
        `is ${settings.credentials.mode}, for which Vault is not needed${purpose === "rotate" ? " or nothing is to be rotated" : ""}`,
        "no token is needed; for the one up that leaves mode vault, print the policy before the change",
      );
    process.stdout.write(policyText(grants));
  },
  { for: { type: "string" } },
);
