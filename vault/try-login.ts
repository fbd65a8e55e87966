import { execFile } from "node:child_process";

import { vaultCredentials, vaultRole } from "../pipeline/vault";
import { UserError } from "../kit/user-error";
import { names } from "../settings/names";
import type { Settings } from "../settings/schema";
import { vaultRequest, type VaultAnswer, type VaultEndpoint } from "./http";
import { credentialText, type CredentialSource } from "./read";

/** Tries out what a collector of this stack will do; throws a UserError that says why it cannot. */
export type LoginTest = (settings: Settings, stackFile: string) => Promise<void>;

/**
 * Logs in to Vault as the collectors will, and reads each credential as they will. It runs when the role is there and
 * before the DaemonSet changes, since a collector that cannot log in does not start. The token is asked for with
 * kubectl, whose ways to a cluster (exec plugins, OIDC) are those of the Kubernetes provider.
 *
 * @throws UserError where the token, the login or a read is refused
 */
export const testLogin: LoginTest = async (settings, stackFile) => {
  const { vault } = settings;
  if (vault === undefined) throw new Error("a login without alloy:vault");
  const endpoint: VaultEndpoint = { address: vault.address, namespace: vault.namespace, caFile: vault.caFile };
  const jwt = await collectorToken(settings, stackFile);
  const credentials = { role: vaultRole(settings), jwt };
  const login = await vaultRequest(endpoint, "POST", `auth/${vault.login.mount}/login`, credentials).catch(
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw UserError.cannotTell(
        stackFile,
        "alloy:vault.address",
        `Vault at ${vault.address} cannot be reached (${reason})`,
        "start it or mend the address; the DaemonSet was not touched",
      );
    },
  );
  const token = login.body?.auth?.client_token;
  if (token === undefined) throw refusedLogin(settings, stackFile, login);

  const session = { ...endpoint, token };
  try {
    for (const { mount, path, ...credential } of vaultCredentials(settings)) {
      const { status, body, errors } = await vaultRequest(session, "GET", `${mount}/data/${path}`);
      if (status === 403) throw refusedRead(vault.address, `${mount}/${path}`, errors);
      const place = { stackFile, vault: { address: vault.address, mount, path } };
      // A deleted version has data, which is null.
      if (status === 404 && !body?.data) throw nothingHeld(place, credential.fields);
      const data = body?.data?.["data"] as Record<string, unknown> | null | undefined;
      credentialText({ credential, place, readAt: "up" }, data ?? undefined);
    }
  } finally {
    await vaultRequest(session, "POST", "auth/token/revoke-self");
  }
};

function collectorToken(settings: Settings, stackFile: string): Promise<string> {
  const { context } = settings.kubernetes ?? {};
  const { audience } = settings.vault?.login ?? {};
  const args = [
    ...["create", "token", names.serviceAccount, "--namespace", settings.namespace.name, "--duration", "10m"],
    ...(context === undefined ? [] : ["--context", context]),
    ...(audience === undefined ? [] : ["--audience", audience]),
  ];
  return new Promise((resolve, reject) => {
    execFile("kubectl", args, { timeout: 60_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim());
      else if (error.code === "ENOENT")
        reject(
          UserError.cannotTell(
            "kubectl",
            "",
            "is not on PATH, and the collectors' login to Vault is tested with a token that it asks for",
            "install kubectl, or set alloy:credentials.mode: secret",
          ),
        );
      else
        reject(
          UserError.cannotTell(
            stackFile,
            "alloy:credentials.mode",
            `there is no token for ServiceAccount ${names.serviceAccount} to test the login with (${lastLine(stderr)})`,
            "the context needs the right to create serviceaccounts/token in this namespace",
          ),
        );
    });
  });
}

function refusedLogin(settings: Settings, stackFile: string, answer: VaultAnswer): UserError {
  const { vault, namespace } = settings;
  const { address = "", login } = vault ?? {};
  if (answer.status === 503)
    return UserError.cannotTell(
      `Vault at ${address}`,
      "",
      "is sealed and answers nobody; the DaemonSet was not touched",
      "unseal it (vault operator unseal), then run the same command again",
    );
  const said = `${answer.status}: ${answer.errors.join("; ") || "no reason given"}`;
  if (answer.status === 404 || /no handler for route|unsupported path/.test(said))
    return UserError.of(
      stackFile,
      "alloy:vault.login.mount",
      `Vault at ${address} has no auth method at ${login?.mount ?? ""}`,
      `enable and configure Kubernetes auth for this cluster (vault auth enable -path=${login?.mount ?? ""} kubernetes), or name its mount`,
    );
  return UserError.of(
    `Vault at ${address}`,
    `auth/${login?.mount ?? ""}/login`,
    `lets no collector in: ServiceAccount ${names.serviceAccount} of ${namespace.name}, role ${vaultRole(settings)} (${said}); the DaemonSet was not touched`,
    login?.audience === undefined
      ? "look at the auth method's config: its kubernetes_host, and whether its reviewer may create tokenreviews"
      : `if Vault reviews with the collector's own token, it refuses the audience ${login.audience}: remove alloy:vault.login.audience, or give the auth method a token_reviewer_jwt`,
  );
}

function refusedRead(address: string, path: string, errors: readonly string[]): UserError {
  return UserError.of(
    `Vault at ${address}`,
    path,
    `may not be read with the collectors' login (${errors.join("; ")}); the DaemonSet was not touched`,
    "look for a rule in another policy that denies this path; ours grants it",
  );
}

function nothingHeld({ stackFile, vault }: CredentialSource["place"], fields: readonly string[]): UserError {
  const { address, mount, path } = vault;
  const keys = fields.map((field) => `${field}=…`).join(" ");
  return UserError.of(
    stackFile,
    "alloy:vault.path",
    `Vault at ${address} holds no secret at ${mount}/${path}; the DaemonSet was not touched`,
    `name the folder that has it (its engine is alloy:vault.mount), or write it once: vault kv put -mount=${mount} ${path} ${keys}`,
  );
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";
