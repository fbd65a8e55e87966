import { vaultValues, type StackValues } from "../../support/settings";

/** A mistake among the settings of credentials, the key that is blamed, and words of problem and remedy. */
type BadCredential = [what: string, values: StackValues, blamed: string, problem: RegExp, remedy: RegExp];

export const inMode = (mode: string, more: StackValues = {}): StackValues => ({
  credentials: { mode, ...more },
  vault: vaultValues,
});

export const badCredentials: readonly BadCredential[] = [
  ["readAt up where Vault is not read", inMode("none", { readAt: "up" }), "credentials.readAt", /mode none/, /remove/],
  [
    "a pinned version of somebody else's Secret",
    inMode("existing", { versions: { loki: 2 } }),
    "credentials.versions.loki",
    /mode existing/,
    /mode: secret/,
  ],
  [
    "a pinned version where collectors read the newest",
    inMode("vault", { versions: { loki: 2 } }),
    "credentials.versions.loki",
    /mode vault/,
    /mode: secret/,
  ],
  [
    "a pinned version of what seed is to write",
    inMode("secret", { seed: true, versions: { loki: 1 } }),
    "credentials.versions.loki",
    /seed is about to/,
    /remove one/,
  ],
  ["version 0", inMode("secret", { versions: { loki: 0 } }), "credentials.versions.loki", /0 is not/, /from 1/],
  ["a version of text", inMode("secret", { versions: { loki: "v2" } }), "credentials.versions.loki", /"v2"/, /from 1/],
  ["a key with a slash", inMode("existing", { keys: { loki: "a/b" } }), "credentials.keys.loki", /"a\/b"/, /letters/],
  ["a certificate over http", inMode("existing", { loki: "mtls" }), "lokiUrl", /loki is mtls/, /https/],
  [
    "a certificate that seed cannot make",
    inMode("secret", { loki: "mtls", seed: true }),
    "credentials.seed",
    /client c/,
    /write/,
  ],
  [
    "seed where the state is to hold no secret",
    inMode("vault", { seed: true }),
    "credentials.seed",
    /mode vault/,
    /remove/,
  ],
  ["mode vault without Vault", { credentials: { mode: "vault" } }, "vault", /mode is vault/, /address: URL/],
  [
    "a login that lives too short",
    { vault: { ...vaultValues, login: { period: "30s" } } },
    "vault.login.period",
    /too short/,
    /5m or more/,
  ],
  [
    "an unknown key of the login",
    { vault: { ...vaultValues, login: { role: "x" } } },
    "vault.login.role",
    /not a key/,
    /mount, audience, period, reread/,
  ],
];
