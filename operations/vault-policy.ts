import { UserError } from "../kit/user-error";
import type { Settings } from "../settings/schema";
import type { StackContext } from "./stack-context";
import { policyText, previewGrants, programGrants, rotationGrants, type VaultGrant } from "../vault/policy";

const grantsFor = { preview: previewGrants, up: programGrants, rotate: rotationGrants } satisfies Record<
  string,
  (settings: Settings) => VaultGrant[]
>;

/** What a token of Vault is used for. */
export type VaultPurpose = keyof typeof grantsFor;

/**
 * The least policy, in Vault's own language, that a token needs for a purpose.
 *
 * @throws UserError if no token is needed
 */
export function leastVaultPolicy(
  { settings, file }: Pick<StackContext, "settings" | "file">,
  purpose: VaultPurpose,
): string {
  const grants = grantsFor[purpose](settings);
  if (grants.length > 0) return policyText(grants);
  throw UserError.of(
    file,
    "alloy:credentials.mode",
    `is ${settings.credentials.mode}, for which Vault is not needed${purpose === "rotate" ? " or nothing is to be rotated" : ""}`,
    "no token is needed; for the one up that leaves mode vault, print the policy before the change",
  );
}
