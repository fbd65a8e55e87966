import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as vault from "@pulumi/vault";

import { refuseHeld } from "./first-write";
import { htpasswdLine } from "../vault/htpasswd";
import { gatewayKey, gatewayPath, passwordLength } from "../vault/paths";
import type { CredentialSource } from "../vault/read";

/** Where the first credential of a backend goes. */
export interface Seed {
  /** The credential itself, the collectors' alone: where it is written is where it is read afterwards. */
  source: CredentialSource;
  user: string;
}

/**
 * Writes a first random password to a path of KV v2 that has never been written. Where there is a version already,
 * Vault refuses the write (check-and-set 0): what somebody else or an earlier stack has put there is never replaced.
 *
 * @returns the resource after which the credential can be read
 */
export function seedCredential(name: string, seed: Seed, opts: pulumi.CustomResourceOptions): vault.kv.SecretV2 {
  const password = new random.RandomPassword(`${name}-password`, { length: passwordLength, special: false }, opts);
  return writeFirst(`${name}-seed`, seed.source, { username: seed.user, password: password.result }, opts);
}

/**
 * Writes the gateway's first line beside a credential, in the same way.
 *
 * @param credential the credential as it was read from Vault: JSON with username and password. Not the password that
 *   was made up: in a stack of some age it may have been rotated since.
 */
export function seedGateway(
  name: string,
  seed: Seed,
  credential: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): void {
  // Each run makes another line, of another salt: `ignoreChanges` keeps the one that was written.
  const lines = credential.apply((text) => {
    const { username, password } = JSON.parse(text) as { username: string; password: string };
    return `${htpasswdLine(username, password)}\n`;
  });
  const { place } = seed.source;
  const gateway = { ...place, vault: { ...place.vault, path: gatewayPath(place.vault.path) } };
  writeFirst(`${name}-gateway`, { ...seed.source, place: gateway }, { [gatewayKey]: lines }, opts);
}

function writeFirst(
  name: string,
  source: CredentialSource,
  data: Record<string, pulumi.Input<string>>,
  opts: pulumi.CustomResourceOptions,
): vault.kv.SecretV2 {
  const { mount, path } = source.place.vault;
  return new vault.kv.SecretV2(
    name,
    // As text in `options`: that is the form in which the provider hands it on (its own `cas` goes where Vault does not
    // look). Source: terraform-provider-vault vault/resource_kv_secret_v2.go, openbao and vault kv path_data.go
    { mount, name: path, dataJson: pulumi.secret(pulumi.jsonStringify(data)), options: { cas: "0" } },
    {
      ...opts,
      // Only ever the first version: what a rotation writes is not ours to put back, and a destroyed stack leaves the
      // password where the gateway still expects it.
      ignoreChanges: ["dataJson", "options"],
      retainOnDelete: true,
      // Vault's own refusal comes at `up` only, half-way, and whoever types `pulumi up` sees it in Vault's words.
      hooks: refuseHeld(name, source, { parent: opts.parent }),
    },
  );
}
