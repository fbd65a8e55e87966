import { authKinds, credentialFiles } from "../pipeline/credential-files";
import { vaultCredentials, vaultRole } from "../pipeline/vault";
import { names, vaultRolePrefix } from "../settings/names";
import type { Settings } from "../settings/schema";
import { parseDuration } from "../kit/units";
import { gatewayPath, nextPath } from "./paths";

/** One path in Vault and what may be done there, in the words of Vault's policies. */
export interface VaultGrant {
  path: string;
  capabilities: string[];
  /** What it is for; a comment in the policy. */
  why: string;
}

/** What the collectors' login may do in mode `vault`: read exactly what their pipeline reads, and keep itself alive. */
export function collectorGrants(settings: Settings): VaultGrant[] {
  return [
    ...vaultCredentials(settings).map(({ mount, path, backend }) => ({
      path: `${mount}/data/${path}`,
      capabilities: ["read"],
      why: `remote.vault "${backend}"`,
    })),
    { path: "auth/token/renew-self", capabilities: ["update"], why: "the login lives as long as its collector" },
    { path: "auth/token/revoke-self", capabilities: ["update"], why: "the login that up tests ends at once" },
  ];
}

/** Who may log in as a collector, and how long a login lives; of mode `vault`. */
export interface CollectorRole {
  boundServiceAccountNames: string[];
  boundServiceAccountNamespaces: string[];
  tokenPolicies: string[];
  tokenNoDefaultPolicy: boolean;
  /** Seconds. */
  tokenPeriod: number;
  audience?: string;
}

/**
 * The collectors' role in Vault's Kubernetes auth method, mode `vault`.
 *
 * @throws Error where the stack has no `alloy:vault`, which the settings' check lets through in no such stack
 */
export function collectorRole(settings: Settings): CollectorRole {
  if (settings.vault === undefined) throw new Error("credentials in mode vault without alloy:vault");
  const { login } = settings.vault;
  return {
    boundServiceAccountNames: [names.serviceAccount],
    boundServiceAccountNamespaces: [settings.namespace.name],
    tokenPolicies: [vaultRole(settings)],
    // The default policy reads and renews more than a collector has to.
    tokenNoDefaultPolicy: true,
    // Periodic: it can be renewed for ever, and lives this long where it cannot.
    tokenPeriod: Math.round((parseDuration(login.period) ?? 0) / 1000),
    ...(login.audience !== undefined && { audience: login.audience }),
  };
}

/**
 * What the token in VAULT_TOKEN needs for `preview` and `up` of this stack, and nothing more: derived from the same
 * settings as the resources.
 */
export function programGrants(settings: Settings): VaultGrant[] {
  const grants: VaultGrant[] = [];
  const { vault, credentials } = settings;
  if (vault === undefined || (credentials.mode !== "secret" && credentials.mode !== "vault")) return grants;
  grants.push({ path: "auth/token/lookup-self", capabilities: ["read"], why: "the provider looks its token up first" });
  if (credentials.mode === "vault") return [...grants, ...provisioningGrants(settings)];

  for (const backend of Object.keys(credentialFiles(settings))) {
    const path = `${vault.path}/${backend}`;
    const data = `${vault.mount}/data/${path}`;
    // Check-and-set 0 makes a first version only: without `update` the token could not replace one if it tried.
    const capabilities = credentials.seed ? ["create", "read"] : ["read"];
    grants.push({ path: data, capabilities, why: `${backend}'s credential` });
    if (credentials.seed)
      grants.push({
        path: `${vault.mount}/data/${gatewayPath(path)}`,
        capabilities,
        why: "the gateway's htpasswd line",
      });
    if (credentials.readAt === "up")
      grants.push({
        path: `${vault.mount}/subkeys/${path}`,
        capabilities: ["read"],
        why: "previews: the names of the keys, no value",
      });
  }
  return grants;
}

/** What the token of `npx alloyctl rotate` needs besides: to write the next credential, try it, and put it in place. */
export function rotationGrants(settings: Settings): VaultGrant[] {
  const { vault, credentials } = settings;
  if (vault === undefined || (credentials.mode !== "secret" && credentials.mode !== "vault")) return [];
  // In mode secret it runs `up` for the one Secret; in mode vault the collectors read by themselves.
  const own =
    credentials.mode === "secret" ? programGrants(settings).filter(({ path }) => path.startsWith("auth/")) : [];
  return [
    ...own,
    ...Object.keys(authKinds(settings)).flatMap((backend) => {
      const path = `${vault.path}/${backend}`;
      const write = ["create", "read", "update"];
      return [
        { path: `${vault.mount}/data/${path}`, capabilities: write, why: `${backend}'s credential` },
        { path: `${vault.mount}/data/${nextPath(path)}`, capabilities: write, why: "the next one, while it is tried" },
        { path: `${vault.mount}/metadata/${nextPath(path)}`, capabilities: ["delete"], why: "which then goes" },
        { path: `${vault.mount}/data/${gatewayPath(path)}`, capabilities: write, why: "the gateway's htpasswd lines" },
      ];
    }),
  ];
}

/** What the token of a preview needs with `readAt: up`: no secret's value. */
export function previewGrants(settings: Settings): VaultGrant[] {
  return settings.credentials.readAt === "up"
    ? programGrants(settings).filter(({ path }) => path.includes("/subkeys/") || path.startsWith("auth/token/"))
    : programGrants(settings);
}

function provisioningGrants(settings: Settings): VaultGrant[] {
  // Whatever they grant: the next one is made and, at this mount and for this cluster's name, the last one deleted with
  // the same token.
  const role = `${vaultRolePrefix(settings)}*`;
  const all = ["create", "read", "update", "delete"];
  return [
    { path: `sys/policies/acl/${role}`, capabilities: all, why: "the collectors' policy" },
    {
      path: `auth/${settings.vault?.login.mount ?? ""}/role/${role}`,
      capabilities: all,
      why: "the collectors' role: which ServiceAccount may log in",
    },
  ];
}

/** Grants as Vault's policy language has them, one line a grant and its reason above it. */
export function policyText(grants: readonly VaultGrant[]): string {
  return grants
    .map(({ path, capabilities, why }) => {
      const list = capabilities.map((capability) => JSON.stringify(capability)).join(", ");
      return `# ${why}\npath ${JSON.stringify(path)} { capabilities = [${list}] }\n`;
    })
    .join("");
}
