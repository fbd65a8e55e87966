/**
 * What looks like a secret. By name where there is one, by form where the form gives it away; never by guessing at
 * random-looking text, which would refuse checksums.
 */

const secretName =
  /(password|passwd|passphrase|(^|[-_.])(pass|pwd)|secrets?|tokens?|credentials?|(api|access|private|client|auth|encryption|signing|secret)[-_.]?keys?|secret[-_.]?(access[-_.]?key|id))$/i;

// TOKEN_FILE says where the token is, TOKEN_TTL how long it lives.
const places =
  "file|path|dir|directory|name|namespace|ref|url|uri|endpoint|issuer|audience|mount|provider|store|backend|region|header|cookie|field|prefix";
const times = "ttl|expiry|expiration|expires|lifetime|seconds|minutes|hours|days|timeout|interval|period|rotation";
const measures = "length|size|count|limit|capacity|strength|version";
const kinds =
  "type|enabled|disabled|required|policy|role|mode|strategy|format|encoding|algorithm|alg|hasher|encoder|auth";
const aboutSecret = new RegExp(`([-_.]|^)(${places}|${times}|${measures}|${kinds})s?$`, "i");

// MAX_TOKENS is a number, USE_TOKEN_LOGIN a switch.
const aboutSecrets = /^(max|min|num|total|enable|disable|use|require|allow|is|has)[-_.]/i;

/** Whether a name is that of a secret itself: DB_PASSWORD and clientSecret are, PASSWORD_FILE and tokenTtl are not. */
export function isSecretName(name: string): boolean {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2");
  if (aboutSecret.test(words) || aboutSecrets.test(words)) return false;
  return (
    secretName.test(words) || /(^|[-_.])(password|passwd|passphrase|secret|token|api[-_.]?key)([-_.]|$)/i.test(words)
  );
}

/** Whether text only points at a value that is elsewhere, or is no secret by its form. */
export function isReference(value: string): boolean {
  const trimmed = value.trim();
  return (
    trimmed === "" ||
    /^(true|false|yes|no|on|off|none|null|nil|undefined)$/i.test(trimmed) ||
    // $(NAME) of Kubernetes, $NAME and ${NAME} of shells, {{ … }} of templates, <…> of documentation, %(…)s.
    /^(\$\([^)]*\)|\$\w+|\$\{[^}]*\}|\$?__\w+\{[^}]*\}|\{\{.*\}\}|<[^<>]*>|%\([^)]*\)s)$/.test(trimmed) ||
    // A file: the program reads it, as ours does.
    /^(file:\/\/)?\/[\w.@/-]+$/.test(trimmed)
  );
}

const forms: { name: string; form: RegExp }[] = [
  { name: "a private key", form: /-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----/ },
  { name: "a bearer token", form: /\bauthorization["']?\s*[:=,]?\s*["']?bearer\s+[A-Za-z0-9._~+/=-]{12,}/i },
  // Without the header's name "bearer authentication" would be one, too: digits or a length that no word has.
  {
    name: "a bearer token",
    form: /\bbearer\s+(?:(?=[A-Za-z._~+/=-]*\d)[A-Za-z0-9._~+/=-]{12,}|[A-Za-z0-9._~+/=]{20,})/i,
  },
  { name: "a Basic credential", form: /\bauthorization["']?\s*[:=]\s*["']?basic\s+[A-Za-z0-9+/]{8,}={0,2}/i },
  {
    name: "a URL with a password in it",
    form: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"'$<{]*:(?!\$|\{|<|%28|%\(|%s|\*+@)[^\s/@"']+@/i,
  },
  { name: "a JSON web token", form: /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/ },
  { name: "a Vault token", form: /\b(hv[sbr]\.[A-Za-z0-9_-]{20,}|s\.[A-Za-z0-9]{24})\b/ },
  { name: "a Grafana token", form: /\bgl(sa|c)_[A-Za-z0-9_+/=-]{20,}/ },
  { name: "an AWS access key", form: /\b(AKIA|ASIA)[0-9A-Z]{16}\b/ },
  { name: "a GitHub token", form: /\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})/ },
  { name: "a GitLab token", form: /\bglpat-[A-Za-z0-9_-]{20,}/ },
  { name: "a Slack token", form: /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/ },
  { name: "a Google API key", form: /\bAIza[0-9A-Za-z_-]{35}\b/ },
];

/** What kind of secret the text holds by its form alone: "a private key". Never the secret. */
export function secretForm(value: string): string | undefined {
  return forms.find(({ form }) => form.test(value))?.name;
}

// `password = "literal"`, `"password": "literal"`, `password: literal`: Alloy, HCL, JSON, YAML, INI, properties.
const assignment =
  /(?:^|[\s{,;(&?"'-])["']?([A-Za-z_][\w.-]*)["']?[ \t]*(:(?!:)|=(?!=))[ \t]*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|`([^`]*)`|((?:\$\{[^}\n]*\}|\$\([^)\n]*\)|[^\s"'`{}[\],;()#&?])+))/g;

/** Names that some text assigns a literal to and that are names of secrets; each once. */
export function secretAssignments(value: string): string[] {
  const found = new Set<string>();
  for (const match of value.matchAll(assignment)) {
    const [, name = "", operator, double, single, raw, bare] = match;
    const literal = double ?? single ?? raw ?? bare ?? "";
    if (!isSecretName(name) || isReference(literal)) continue;
    if (bare !== undefined && operator === ":" && isProse(value, match)) continue;
    // A bare word with a dot, a call or a lone number is an expression or a setting, not a password.
    if (
      bare !== undefined &&
      (/^[a-z_]\w*(\.\w+)+$/i.test(bare) || /^\d+[smh]?$/.test(bare) || bare === "|" || bare === ">")
    )
      continue;
    found.add(name);
  }
  return [...found];
}

// "the token: look it up" is a sentence. A key of YAML begins its line, or stands behind a dash, a brace or a comma.
function isProse(value: string, { 0: whole, 1: name = "", index }: RegExpExecArray): boolean {
  const start = value.indexOf(name, index);
  const head = value.slice(value.lastIndexOf("\n", start - 1) + 1, start);
  if (/[\p{L}\p{N}]\s+$/u.test(head)) return true;
  return /(^|\s)(#|\/\/)/.test(head) && /^[ \t]+\p{L}/u.test(value.slice(index + whole.length));
}

/** Names of the flags of a command line whose value is the argument behind them: `--password hunter2`. */
export function secretFlag(argument: string): string | undefined {
  const name = /^--?([A-Za-z][\w.-]*)$/.exec(argument)?.[1];
  return name !== undefined && isSecretName(name) ? name : undefined;
}
