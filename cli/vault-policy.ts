import { policyText, previewGrants, programGrants, rotationGrants, type VaultGrant } from "../components/vault-policy";
import { UserError } from "../settings/errors";
import type { Settings } from "../settings/schema";
import { runCommand } from "./command";
import { checkStack } from "./engine-run";

const grantsFor: Partial<Record<string, (settings: Settings) => VaultGrant[]>> = {
  preview: previewGrants,
  up: programGrants,
  rotate: rotationGrants,
};

/**
 * `npm run vault-policy -- STACK [--for preview|up|rotate]`: the least policy, in Vault's own language, with which a
 * token can do that for this stack. Generated from the settings, as the resources are; asks nobody.
 */
runCommand(
  "vault-policy",
  ["STACK"],
  ({ positionals: [stack = ""], values }) => {
    const settings = checkStack(stack);
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
        `Pulumi.${stack}.yaml`,
        "alloy:credentials.mode",
        `is ${settings.credentials.mode}, for which Vault is not needed${purpose === "rotate" ? " or nothing is to be rotated" : ""}`,
        "no token is needed",
      );
    process.stdout.write(policyText(grants));
    return Promise.resolve();
  },
  { for: { type: "string" } },
);
