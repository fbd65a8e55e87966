import type { AuthKind } from "../pipeline/credential-files";

/** What is wrong with one value of a credential, in words that say nothing of it. */
export interface CredentialFault {
  field: string;
  problem: string;
  /** What to do, as the end of a sentence about writing the key again. */
  hint: string;
}

const lineBreak = "a line break at its end";

/**
 * Values that no server would ever accept, or that Alloy could not load. Each is a slip of a command or of a form, and
 * would show as a 401 for which nobody sees the reason, or as collectors that do not start. Pure.
 */
export function credentialFaults(kind: AuthKind, values: Readonly<Record<string, string>>): CredentialFault[] {
  return Object.entries(values).flatMap(([field, value]) => {
    const found = faultOf(kind, field, value);
    return found === undefined ? [] : [{ field, problem: found[0], hint: found[1] }];
  });
}

type Fault = readonly [problem: string, hint: string];

function faultOf(kind: AuthKind, field: string, value: string): Fault | undefined {
  if (kind === "mtls") return pemFault(field, value);
  if (value.startsWith("\ufeff")) return ["begins with a byte order mark", "without it: an editor has put it there"];
  if (/[\r\n]$/.test(value))
    return [`has ${lineBreak}, which vault kv put ${field}=@FILE keeps`, "without it: printf %s VALUE, not echo VALUE"];
  if (/^[\r\n]/.test(value)) return ["begins with a line break", "without it"];
  return kind === "bearer" ? tokenFault(value) : basicFault(field, value);
}

/** RFC 7617: the user's name ends at the first colon. */
function basicFault(field: string, value: string): Fault | undefined {
  if (field !== "username") return undefined;
  if (value.includes(":"))
    return [
      "has a colon in it, and Basic auth takes what is behind that for the password",
      "with a name that has none",
    ];
  if (value !== value.trim()) return ["has a space at one of its ends", "without it"];
  return undefined;
}

/** RFC 6750: a token has no space in it; Alloy writes the word before it. */
function tokenFault(value: string): Fault | undefined {
  const scheme = /^(authorization:|bearer|basic|token)\s/i.exec(value)?.[1];
  if (scheme !== undefined)
    return [`begins with the word ${scheme}, and Alloy writes Bearer itself`, "with the token alone"];
  if (/\s/.test(value)) return ["has a space or a line break in it, which no token has", "with the token alone"];
  return undefined;
}

const pemWords = {
  cert: { form: /-----BEGIN CERTIFICATE-----/, what: "certificate in PEM (-----BEGIN CERTIFICATE-----)" },
  key: { form: /-----BEGIN [A-Z ]*PRIVATE KEY-----/, what: "key in PEM (-----BEGIN PRIVATE KEY-----)" },
  ca: { form: /-----BEGIN CERTIFICATE-----/, what: "certificate in PEM (-----BEGIN CERTIFICATE-----)" },
};

/** Alloy ends at its load if it cannot read one of the three. */
function pemFault(field: string, value: string): Fault | undefined {
  const { form, what } = pemWords[field as keyof typeof pemWords];
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(value))
    return ["is a key with a passphrase, and nobody could type that", "without one (openssl pkey -in FILE)"];
  if (form.test(value)) {
    const flat = !/-----BEGIN [A-Z ]+-----\r?\n/.test(value);
    return flat ? ["has lost its line breaks", `from the file: vault kv patch … ${field}=@FILE`] : undefined;
  }
  if (/-----BEGIN /.test(Buffer.from(value, "base64").toString("latin1")))
    return ["is PEM once more in base64, as a Kubernetes Secret has it", "as it was before (base64 -d)"];
  return [`holds no ${what}`, "as the issuer has given it"];
}
