import assert from "node:assert/strict";

import { credentialText, type CredentialSource } from "../../vault/read";
import { credentialFiles, type AuthKind } from "../../pipeline/credential-files";
import { UserError } from "../../kit/user-error";
import { settingsOf, vaultValues } from "./settings";

/** One credential of each kind, as the program would read it from Vault. */
function sourceOf(kind: AuthKind): CredentialSource {
  const lokiUrl = "https://loki.example.com/loki/api/v1/push";
  const values = { credentials: { mode: "secret", loki: kind }, lokiUrl, vault: vaultValues };
  const file = credentialFiles(settingsOf(values)).loki;
  assert.ok(file);
  const vault = { address: vaultValues.address, mount: "secret", path: `${vaultValues.path}/loki` };
  return { credential: file, readAt: "preview", place: { stackFile: "Pulumi.test.yaml", vault } };
}

export const basic = sourceOf("basic");
export const bearer = sourceOf("bearer");
export const mtls = sourceOf("mtls");
export const where = "secret/detectviz/test/alloy/loki";

export function refusal(source: CredentialSource, data: Record<string, unknown> | undefined): UserError {
  return refusalOf(() => credentialText(source, data));
}

export function refusalOf(check: () => unknown): UserError {
  try {
    check();
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    for (const { file, remedy } of error.problems) {
      assert.equal(file, `Vault at ${vaultValues.address}`);
      assert.match(remedy, /vault kv/);
    }
    return error;
  }
  throw new assert.AssertionError({ message: "was accepted" });
}
