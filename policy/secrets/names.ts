/** Names of secrets, as variables, keys, flags and attributes have them. */

const secretName =
  /(password|passwd|passphrase|passcode|(^|[-_.])(pass|pw|pwd|psk|pin)|(root|user|db|admin|bind|store|key|smtp|ftp|mail|ldap|mysql|redis)(pass|pw)|(hmac|fernet|jwt|aes|unseal)[-_.]?keys?|secrets?|tokens?|credentials?|(api|app|access|private|client|auth|encryption|signing|secret|account|shared|master|deploy|license|webhook|storage|function|instrumentation)[-_.]?keys?|secret[-_.]?(access[-_.]?key|id)|(private|client)?[-_.]?key[-_.]data|connection[-_.]?string|(^|[-_.])dsn|[-_.]sas)$/i;
const named = /(^|[-_.])(password|passwd|passphrase|secret|token|api[-_.]?key)([-_.]|$)/i;

// TOKEN_FILE says where the token is, TOKEN_TTL how long it lives.
const places =
  "file|path|dir|directory|name|namespace|ref|url|uri|endpoint|issuer|audience|mount|provider|store|backend|region|header|cookie|field|prefix|source|placeholder|label|hint|title|message|text|description|selector|template|key";
const times = "ttl|expiry|expiration|expires|lifetime|seconds|minutes|hours|days|timeout|interval|period|rotation";
const measures = "length|size|count|limit|capacity|strength|version|rounds|iterations|bytes|bits";
const kinds =
  "type|enabled|disabled|required|policy|role|mode|strategy|format|encoding|algorithm|alg|hasher|encoder|auth|class|kind|pattern|regex|encryption|connector|env|rules?|repeat|confirm|confirmation|again|reset|review|reviews|request|requests";
const aboutSecret = new RegExp(`([-_.]|^)(${places}|${times}|${measures}|${kinds})s?$`, "i");

// MAX_TOKENS is a number, USE_TOKEN_LOGIN a switch, existingSecret the name of an object.
const aboutSecrets =
  /^(max|min|num|total|enable|disable|use|require|allow|is|has|show|hide|forgot|reset|create|automount|invalid|wrong|missing|expired|confirm|repeat|retype)[-_.]/i;
const objectNames =
  /(^|[-_./])(existing|image[-_.]?pull|pull|registry|tls|ca|certs?|certificates?|external|credentials?|auth|admin|users?|db|database|s3|bucket|server|ingress|env|from|license|config)[-_.]secrets?$/i;

// checksum/secret of a chart: of the content, and not it. A password's own hash is known by its form.
const sums = /(^|[-_./])(checksums?|hash|sha\d{0,3}|digest|fingerprint|thumbprint|revision)([-_./]|$)/i;

// REDIS_AUTH and NEO4J_AUTH are the password itself; with most other names AUTH is a method.
const passwords = /(^|[-_.])(redis|valkey|keydb|neo4j|npm)[-_.]?auth$/i;

// The annotations of Vault's injector say where it reads and what it writes.
const agents = /^vault\.hashicorp\.com\/(agent-inject|agent-inject-(secret|template|file|command|containers)-[\w.-]+)$/;

const longest = 128;

/** `tokenTtl` to `token_Ttl`, `AWSSecretKey` to `AWS_Secret_Key`. */
const words = (name: string): string =>
  name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/([A-Z]{2,})([A-Z][a-z])/g, "$1_$2");

/** Whether a name is that of a secret itself: DB_PASSWORD and clientSecret are, PASSWORD_FILE and tokenTtl are not. */
export function isSecretName(name: string): boolean {
  // The end of a name says what it is of; a longer one is no way out.
  if (name.length > longest) return isSecretName(name.slice(-longest));
  const known = judged.get(name);
  if (known !== undefined) return known;
  // Objects repeat their fields' names; one with ever new names must not fill the memory.
  if (judged.size >= mostJudged) judged.clear();
  const verdict = judge(name);
  judged.set(name, verdict);
  return verdict;
}

const judged = new Map<string, boolean>();
const mostJudged = 10_000;

function judge(name: string): boolean {
  const written = words(name);
  if (passwords.test(written)) return true;
  if (agents.test(name)) return false;
  // A key's own ending says more than the places do: api_key is one, secret_key too, password_key is where it lies.
  const isKey =
    /(hmac|fernet|jwt|aes|unseal|api|app|access|private|client|auth|encryption|signing|secret|account|shared|master)[-_.]?key$/i;
  if (aboutSecret.test(written) && !isKey.test(written)) return false;
  if (aboutSecrets.test(written) || objectNames.test(written) || sums.test(written)) return false;
  return secretName.test(written) || named.test(written);
}

/** Names of the flags of a command line whose value is the argument behind them: `--password hunter2`. */
export function secretFlag(argument: string): string | undefined {
  const name = /^--?([A-Za-z][\w.-]{0,127})$/.exec(argument)?.[1];
  return name !== undefined && isSecretName(name) ? name : undefined;
}
