import { credentialFiles } from "../../../../pipeline/credential-files";
import { vaultCredentials, vaultGrantId, vaultRole } from "../../../../pipeline/vault";
import type { Settings } from "../../../../settings/schema";
import { parseDuration } from "../../../../kit/units";
import { hidden, later, optional, type Shape } from "../../../shape";
import { component, kubernetesObject, type Expected } from "./expected";
import { metadataOf } from "./labels";

/** What a credential takes in this stack: a Secret from Vault, or a policy and a role in Vault. */
export function expectedCredentials(settings: Settings): Expected[] {
  const { mode } = settings.credentials;
  if (mode === "secret") return expectedSecret(settings);
  return mode === "vault" ? expectedVaultAccess(settings) : [];
}

function expectedSecret(settings: Settings): Expected[] {
  const part = component("VaultCredentials", "alloy-credentials");
  const files = Object.entries(credentialFiles(settings));
  return [
    part,
    ...(settings.credentials.seed ? files.flatMap(([backend]) => expectedSeed(settings, backend, part.name)) : []),
    kubernetesObject(
      "v1",
      "Secret",
      { name: "alloy-credentials-secret" },
      {
        metadata: metadataOf(settings, settings.credentials.secretName),
        type: "Opaque",
        // The values are nobody's business. With `readAt: up` a preview knows none of it.
        data: later(Object.fromEntries(files.map(([, { secretKey }]) => [secretKey, hidden]))),
      },
    ),
  ];
}

/** Source: docs/decisions/0015-seed.md: a password that is made up, and what the gateway needs of it. */
function expectedSeed({ vault }: Settings, backend: string, parent: string): Expected[] {
  const { mount = "", path = "" } = vault ?? {};
  const first = (name: string, at: string): Expected => ({
    type: "vault:kv/secretV2:SecretV2",
    name: `${parent}-${backend}-${name}`,
    provider: "vault",
    protect: false,
    // Check-and-set 0: only ever the first version.
    props: { mount, name: at, dataJson: hidden, options: { cas: "0" }, ...vaultDefaults },
    // What a rotation has written since is not the program's to put back.
    ignoreChanges: ["dataJson", "options"],
  });
  return [
    {
      type: "random:index/randomPassword:RandomPassword",
      name: `${parent}-${backend}-password`,
      provider: "random",
      protect: false,
      props: { length: 40, special: false, ...passwordDefaults },
    },
    first("seed", `${path}/${backend}`),
    first("gateway", `${path}/${backend}-gateway`),
  ];
}

// What the providers fill in where the program says nothing, with the values that they fill in.
const vaultDefaults: Record<string, Shape> = { disableRead: optional(false), deleteAllVersions: optional(false) };
const passwordDefaults: Record<string, Shape> = {
  ...Object.fromEntries(["lower", "upper", "number", "numeric"].map((kind) => [kind, optional(true)])),
  ...Object.fromEntries(["minLower", "minUpper", "minNumeric", "minSpecial"].map((kind) => [kind, optional(0)])),
};

/** Source: https://developer.hashicorp.com/vault/api-docs/auth/kubernetes and …/docs/concepts/policies */
function expectedVaultAccess(settings: Settings): Expected[] {
  const { vault, namespace } = settings;
  if (vault === undefined) return [];
  const part = component("VaultAccess", "alloy-credentials");
  const grant = vaultGrantId(settings);
  const role = vaultRole(settings);
  const { login } = vault;
  return [
    part,
    {
      type: "vault:index/policy:Policy",
      name: `${part.name}-policy-${grant}`,
      provider: "vault",
      protect: false,
      props: { name: role, policy: policyOf(settings) },
    },
    {
      type: "vault:kubernetes/authBackendRole:AuthBackendRole",
      name: `${part.name}-role-${grant}`,
      provider: "vault",
      protect: false,
      props: {
        backend: login.mount,
        roleName: role,
        boundServiceAccountNames: ["alloy"],
        boundServiceAccountNamespaces: [namespace.name],
        tokenPolicies: [role],
        tokenNoDefaultPolicy: true,
        tokenPeriod: Math.round((parseDuration(login.period) ?? 0) / 1000),
        ...(login.audience !== undefined && { audience: login.audience }),
        tokenType: optional("default"),
      },
    },
  ];
}

/** Read what the pipeline reads, keep the own login alive and end it: nothing else, and no pattern. */
function policyOf(settings: Settings): string {
  const lines = vaultCredentials(settings).map(({ mount, path, backend }) =>
    grantOf(`remote.vault "${backend}"`, `${mount}/data/${path}`, "read"),
  );
  return [
    ...lines,
    grantOf("the login lives as long as its collector", "auth/token/renew-self", "update"),
    grantOf("the login that up tests ends at once", "auth/token/revoke-self", "update"),
  ].join("");
}

const grantOf = (why: string, path: string, capability: string): string =>
  `# ${why}\npath ${JSON.stringify(path)} { capabilities = [${JSON.stringify(capability)}] }\n`;
