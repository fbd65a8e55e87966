import { createHash } from "node:crypto";

import { backends, type Backend } from "../settings/credentials";
import { vaultRolePrefix } from "../settings/names";
import { nextHop } from "../settings/proxy";
import type { Settings } from "../settings/schema";
import { authKinds, credentialFields, type AuthKind, type Credential } from "./credential-files";
import { noNeeds, type PipelineNeeds } from "./needs";
import { proxyEnv } from "./proxy";
import type { SectionContent } from "./template";

/** Mode `vault`: each collector logs in to Vault with its ServiceAccount and reads the credentials itself. */

/** Where a token for Vault lies, in the collector's container; one for the API server is where it always is. */
export const vaultTokenFile = "/var/run/secrets/vault/token";

/** Vault's CA certificate in the ConfigMap, where Vault has one of its own. */
export const vaultCaKey = "vault-ca.crt";

/** One credential in KV v2, of those that the collectors read themselves. */
export interface VaultCredential extends Credential {
  backend: Backend;
  mount: string;
  path: string;
}

/** What the collectors of this stack read in Vault: nothing in the other modes. */
export function vaultCredentials(settings: Settings): VaultCredential[] {
  const { vault, credentials } = settings;
  if (credentials.mode !== "vault" || vault === undefined) return [];
  const kinds = authKinds(settings);
  return backends.flatMap((backend) => {
    const kind = kinds[backend];
    if (kind === undefined) return [];
    return [
      { backend, kind, fields: [...credentialFields[kind]], mount: vault.mount, path: `${vault.path}/${backend}` },
    ];
  });
}

/**
 * Tells one grant from another: who may log in where, and read what. The cluster's name is part of it: the resources'
 * names have no other, and Vault's are in lower case.
 */
export function vaultGrantId(settings: Settings): string {
  const { address, namespace, login } = vaultOf(settings);
  const where = [address, namespace ?? "", login.mount, settings.clusterName];
  const who = [settings.namespace.name, login.audience ?? ""];
  // Mount and path apart: both may hold slashes, and only together they say which path Vault is asked for.
  const what = vaultCredentials(settings).map(({ mount, path }) => [mount, path]);
  const grant = [where, who, what];
  return createHash("sha256").update(JSON.stringify(grant)).digest("hex").slice(0, 8);
}

/**
 * The collectors' role and policy in Vault. Another grant has another name, so that an `up` that is refused after it has
 * made the new ones leaves those that running collectors use: docs/decisions/0069-grants-by-name.md.
 */
export function vaultRole(settings: Settings): string {
  return `${vaultRolePrefix(settings)}${vaultGrantId(settings)}`;
}

/** How the collectors speak to a backend, where they have the credential from Vault. */
export function vaultAuth(settings: Settings, backend: Backend): AuthKind | undefined {
  return vaultCredentials(settings).find((credential) => credential.backend === backend)?.kind;
}

/** What fills the section `vault-BACKEND`; `part` reads one of the parts. */
export function vaultContent(
  settings: Settings,
  backend: Backend,
  part: (name: string, content: SectionContent) => string,
): SectionContent {
  const vault = vaultOf(settings);
  const { login } = vault;
  return {
    values: {
      vaultAddress: vault.address,
      vaultMount: vault.mount,
      vaultKey: `${vault.path}/${backend}`,
      vaultReread: login.reread,
      vaultRole: vaultRole(settings),
      vaultLoginMount: login.mount,
    },
    parts: {
      vault_namespace:
        vault.namespace === undefined ? "" : part("vault-namespace", { values: { vaultNamespace: vault.namespace } }),
      vault_token: login.audience === undefined ? "" : part("vault-token", { values: { vaultTokenFile } }),
    },
  };
}

/** What reading from Vault needs around the pipeline. */
export function vaultNeeds(settings: Settings): PipelineNeeds {
  const { address, caFile, login } = vaultOf(settings);
  const why = "remote.vault";
  return {
    ...noNeeds,
    env: [
      ...(caFile === undefined ? [] : [{ name: "VAULT_CACERT", why: "remote.vault: whom to trust as Vault" }]),
      ...proxyEnv(settings),
    ],
    tokens: login.audience === undefined ? [] : [{ audience: login.audience, path: vaultTokenFile, why }],
    egress: [{ ...nextHop(address, settings), why }],
  };
}

function vaultOf({ vault }: Settings): NonNullable<Settings["vault"]> {
  if (vault === undefined) throw new Error("credentials in mode vault without alloy:vault");
  return vault;
}
