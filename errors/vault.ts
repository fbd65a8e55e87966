import type { Problem } from "../kit/user-error";
import { causeOf, inStackFile, type ErrorPlace, type KnownError } from "./known-error";

const inVault = (place: ErrorPlace, key: string, problem: string, remedy: string): Problem => ({
  file: vaultAt(place),
  key,
  problem,
  remedy,
});

const vaultAt = (place: ErrorPlace): string => `Vault at ${place.vault?.address ?? "the address in alloy:vault"}`;

/** A secret's name as `vault kv` wants it, from the HTTP path that messages show: no mount, no `data/`, no version. */
const nameIn = (mount: string, httpPath: string): string =>
  httpPath.replace(`${mount}/data/`, "").replace(`${mount}/subkeys/`, "").replace(/\?.*$/, "");

/** By HTTP method: what is done, and the capability in a policy that it takes. */
const writing = ["write", "create and update"] as const;
const accessOf: Record<string, readonly [verb: string, capabilities: string]> = {
  GET: ["read", "read"],
  DELETE: ["delete", "delete"],
};

const versionIn = (httpPath: string): string | undefined => /[?&]version=(\d+)/.exec(httpPath)?.[1];

/**
 * A first write where there is a version already: after a `pulumi destroy`, which leaves the password for the gateway,
 * or because somebody else has written it.
 *
 * @param httpPath `secret/data/detectviz/production/alloy/loki`
 */
export const heldAlready = (place: ErrorPlace, httpPath: string): Problem => {
  const { mount } = place.vault ?? { mount: "MOUNT" };
  return inVault(
    place,
    httpPath,
    "holds something already, and alloy:credentials.seed writes a first version only: it was left as it is",
    `set seed: false in alloy:credentials of ${place.stackFile} to use what exists (a destroyed stack leaves its password); if nobody needs it, vault kv metadata delete -mount=${mount} ${nameIn(mount, httpPath)} makes room for a new one`,
  );
};

/**
 * What Vault says, by way of its provider. The first thing that it does is to look its token up, so that a Vault that
 * is away shows there. Source of the words: terraform-provider-vault internal/provider/meta.go, vault/api
 */
export const vaultErrors: KnownError[] = [
  {
    pattern: /no secret found at "([^"]+)"/,
    toProblem: ([, path = ""], place) => {
      const { mount } = place.vault ?? { mount: "MOUNT" };
      const version = versionIn(path);
      if (version !== undefined)
        return inStackFile(
          place,
          "alloy:credentials.versions",
          `${vaultAt(place)} has no version ${version} of ${mount}/${nameIn(mount, path)}`,
          `name one that vault kv metadata get -mount=${mount} ${nameIn(mount, path)} lists, or take the key away to read the newest`,
        );
      const write = `vault kv put -mount=${mount} ${nameIn(mount, path)} username=… password=…`;
      return inStackFile(
        place,
        "alloy:vault.path",
        `${vaultAt(place)} holds no secret at ${mount}/${nameIn(mount, path)}`,
        `name the folder that has it (its engine is alloy:vault.mount), or write it once (${write}; a bearer token is the key token), or set alloy:credentials.seed: true to have a first password made up`,
      );
    },
  },
  {
    pattern: /Vault is sealed/,
    cannotTell: true,
    toProblem: (_, place) =>
      inVault(
        place,
        "",
        "is sealed and answers nobody",
        "unseal it (vault operator unseal), then run the same command again",
      ),
  },
  {
    pattern: /no vault token (?:set|found)|missing client token/,
    cannotTell: true,
    toProblem: (_, place) =>
      inVault(
        place,
        "VAULT_TOKEN",
        "was asked without a token",
        "export VAULT_TOKEN (vault print token), or log in with vault login",
      ),
  },
  {
    pattern: /URL: \S+ \S+\/v1\/auth\/token\/lookup-self\s+Code: 40[03]/,
    cannotTell: true,
    toProblem: (_, place) =>
      inVault(
        place,
        "VAULT_TOKEN",
        "refuses the token in VAULT_TOKEN: it is wrong or has expired, or may not look itself up",
        "log in again (vault login), or give the token's policy read on auth/token/lookup-self",
      ),
  },
  {
    // What a first write (check-and-set 0) is answered where there is a version already.
    pattern: /URL: \S+ \S+?\/v1\/(\S+)\s+Code: 400\. Errors:\s+\* check-and-set parameter did not match/,
    toProblem: ([, path = ""], place) => heldAlready(place, path),
  },
  {
    pattern: /\/v1\/auth\/(\S+)\/role\/\S+\s+Code: 404\. Errors:\s+\* no handler for route/,
    toProblem: ([, mount = ""], place) =>
      inStackFile(
        place,
        "alloy:vault.login.mount",
        `${vaultAt(place)} has no auth method at ${mount}`,
        `enable and configure Kubernetes auth for this cluster (vault auth enable -path=${mount} kubernetes), or name its mount`,
      ),
  },
  {
    pattern: /URL: (\S+) \S+?\/v1\/(\S+)\s+Code: 403/,
    cannotTell: true,
    toProblem: ([, method = "", path = ""], place) => {
      const [verb, capabilities] = accessOf[method] ?? writing;
      return inVault(
        place,
        path,
        `does not allow the token in VAULT_TOKEN to ${verb} this path`,
        `give the token's policy ${capabilities} on ${path}, or use another token`,
      );
    },
  },
  {
    pattern: /err=invalid character '<'|URL: \S+ \S+\/v1\/auth\/token\/lookup-self\s+Code: 404/,
    cannotTell: true,
    toProblem: (_, place) =>
      inStackFile(
        place,
        "alloy:vault.address",
        `something answers at ${place.vault?.address ?? "this address"}, but it is no Vault`,
        "write Vault's own address, without the path of its UI",
      ),
  },
  {
    pattern: /failed to lookup token, err=[^\n]*(x509: [^\n]+)/,
    cannotTell: true,
    toProblem: ([, cause = ""], place) =>
      inStackFile(
        place,
        "alloy:vault.caFile",
        `the certificate of ${vaultAt(place)} is not trusted (${causeOf(cause)})`,
        "name the file that holds the CA of that certificate",
      ),
  },
  {
    pattern: /failed to lookup token, err=[^\n]*(?:HTTP response to HTTPS client|wrong version number)/,
    cannotTell: true,
    toProblem: (_, place) =>
      inStackFile(
        place,
        "alloy:vault.address",
        `${vaultAt(place)} speaks http, not https`,
        "write the address with http://, or turn TLS on in Vault",
      ),
  },
  {
    // A read that ends because something else has failed is no message of its own.
    pattern: /(?:failed to lookup token, err=|from Vault: )(?!the operation was cancelled)([^\n]+)/,
    cannotTell: true,
    toProblem: ([, cause], place) =>
      inStackFile(
        place,
        "alloy:vault.address",
        `${vaultAt(place)} cannot be reached (${causeOf(cause)})`,
        "start it or mend the address; nothing was read from it",
      ),
  },
];
