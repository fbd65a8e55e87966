import { isUtf8 } from "node:buffer";
import { gunzipSync } from "node:zlib";

/**
 * Secrets that their form gives away, as their issuers document it. Each begins with a text of its own and has bounded
 * repetitions, so that a scan of a long text takes time in proportion to it.
 */
interface Form {
  name: string;
  /** A text, in lower case, that is in every one of the form; absent, the form is tried on every text. */
  holds: readonly string[];
  form: RegExp;
}

const form = (name: string, holds: string | readonly string[], pattern: RegExp): Form => ({
  name,
  holds: typeof holds === "string" ? [holds] : holds,
  form: pattern,
});

const forms: readonly Form[] = [
  form("a private key", "private key", /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY( BLOCK)?-----/),
  form("a private key", "-----begin", /-----BEGIN (OPENSSH|PGP|DSA|EC|RSA|ENCRYPTED) PRIVATE/),
  form("a PuTTY private key", "putty-user-key-file", /PuTTY-User-Key-File-\d/),
  form("an age key", "age-secret-key-", /AGE-SECRET-KEY-1[0-9A-Z]{40,}/i),
  form("a bearer token", "bearer", /\bauthorization["']?\s{0,4}[:=,]?\s{0,4}["']?bearer\s{1,4}[A-Za-z0-9._~+/=-]{12}/i),
  // Without the header's name "bearer authentication" would be one, too: digits or a length that no word has.
  form(
    "a bearer token",
    "bearer",
    /\bbearer\s{1,4}(?:(?=[A-Za-z._~+/=-]{0,80}\d)[A-Za-z0-9._~+/=-]{12}|[A-Za-z0-9._~+/=]{20})/i,
  ),
  form("a Basic credential", "basic", /\bauthorization["']?\s{0,4}[:=,]?\s{0,4}["']?basic\s{1,4}[A-Za-z0-9+/]{8}/i),
  form(
    "a URL with a password in it",
    "://",
    /:\/\/[^\s/:@"'$<{]{0,128}:(?!\$|\{|<|%28|%\(|%s|\*+@)[^\s/@"'<>]{1,256}@/,
  ),
  form("a database address with a password in it", "@", /\b[\w.-]{1,64}:(?!\$|\{|<|%)[^\s:@/"']{3,128}@(tcp|unix)\(/i),
  form("a URL with a token in it", "://", /:\/\/(?=[A-Za-z_]{0,80}\d)[A-Za-z0-9_]{32,128}@[\w.-]/),
  form(
    "an Oracle address with a password in it",
    "jdbc:oracle",
    /jdbc:oracle:\w{2,6}:[\w$]{1,64}\/(?![$<{])[^\s/@"']{3,128}@/i,
  ),
  form("an npm credential", ":_auth", /:_auth(?:Token)?\s{0,4}=\s{0,4}["']?(?!\$)[A-Za-z0-9+/=_-]{8}/),
  form("a JSON web token", "eyj", /\beyJ[A-Za-z0-9_-]{8,512}\.eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8}/),
  form("a Vault token", ["hvs.", "hvb.", "hvr.", "s."], /\b(hv[sbr]\.[A-Za-z0-9_-]{20}|s\.[A-Za-z0-9]{24}\b)/),
  form("a Grafana token", ["glsa_", "glc_"], /\bgl(sa|c)_[A-Za-z0-9_+/=-]{20}/),
  form("an AWS access key", ["akia", "asia"], /\b(AKIA|ASIA)[0-9A-Z]{16}\b/),
  form(
    "a GitHub token",
    ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
    /\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22})/,
  ),
  form("a GitLab token", "gl", /\bgl(pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|ffct)-[A-Za-z0-9_-]{20}/),
  form("a Slack token", ["xox", "xapp-"], /\b(xox[abeoprs]-[A-Za-z0-9-]{10}|xapp-\d-[A-Z0-9-]{10})/),
  form(
    "a webhook's URL, which is its password",
    "hooks.slack.com",
    /hooks\.slack\.com\/(services|workflows|triggers)\/[A-Za-z0-9/]{20}/i,
  ),
  form(
    "a webhook's URL, which is its password",
    "/webhooks/",
    /discord(app)?\.com\/api\/(v\d+\/)?webhooks\/\d{15,22}\/[\w-]{30}/i,
  ),
  form(
    "a webhook's URL, which is its password",
    ["webhook.office.com", "logic.azure.com"],
    /(webhook\.office\.com\/webhookb2\/[\w@-]{30}|logic\.azure\.com\S{0,200}[?&]sig=[\w%-]{20})/i,
  ),
  form(
    "a webhook's URL, which is its password",
    "chat.googleapis.com",
    /chat\.googleapis\.com\/v1\/spaces\/[\w-]{1,40}\/messages\?\S{0,80}key=/i,
  ),
  form(
    "a webhook's URL, which is its password",
    ["open.feishu.cn", "qyapi.weixin", "oapi.dingtalk"],
    /(bot\/v2\/hook\/[\w-]{20}|webhook\/send\?key=[\w-]{20}|robot\/send\?access_token=\w{20})/i,
  ),
  form("a Telegram bot's token", ":aa", /(?<!\d)\d{8,10}:AA[\w-]{32}/),
  form(
    "a Stripe key",
    ["sk_live_", "rk_live_", "sk_test_", "whsec_"],
    /\b((sk|rk)_(live|test)_[A-Za-z0-9]{16}|whsec_[A-Za-z0-9]{16})/,
  ),
  form("an npm token", "npm_", /\bnpm_[A-Za-z0-9]{36}/),
  form("a SendGrid key", "sg.", /\bSG\.[\w-]{16,32}\.[\w-]{16}/),
  form("a Twilio key", "sk", /\bSK[0-9a-f]{32}\b/),
  form(
    "an Azure key",
    ["accountkey", "sharedaccesskey"],
    /\b(AccountKey|SharedAccessKey)\s{0,2}=\s{0,2}[A-Za-z0-9+/]{32}/i,
  ),
  form("a shared access signature", "sig=", /[?&]sv=\d{4}-\d\d-\d\d&\S{0,300}sig=[\w%+/=-]{20}|[?&]sig=[\w%+/=-]{40}/i),
  form("an Azure client secret", "q~", /\b[\w~.-]{3}\dQ~[\w~.-]{31}/),
  form("a Google API key", "aiza", /\bAIza[0-9A-Za-z_-]{35}/),
  form("a Google client secret", "gocspx-", /\bGOCSPX-[\w-]{20}/),
  form("a Google access token", "ya29.", /\bya29\.[\w-]{20}/),
  form("a key of an AI service", "sk-", /\bsk-(ant-|proj-|or-|svcacct-)?[A-Za-z0-9_-]{32}/),
  form("a Hugging Face token", "hf_", /\bhf_[A-Za-z]{30}/),
  form("a PyPI token", "pypi-", /\bpypi-AgE[\w-]{40}/),
  form("a Docker Hub token", "dckr_", /\bdckr_(pat|oat)_[\w-]{20}/),
  form("a DigitalOcean token", ["dop_v1_", "doo_v1_", "dor_v1_"], /\bdo[opr]_v1_[0-9a-f]{40}/),
  form("a Doppler token", "dp.", /\bdp\.(pt|st|ct|sa|scim|audit)\.[\w.-]{20}/),
  form("a Databricks token", "dapi", /\bdapi[0-9a-f]{32}/),
  form("a New Relic key", ["nrak-", "nral"], /\bNRAK-[A-Z0-9]{27}|[0-9a-f]{36}NRAL\b/),
  form("an Atlassian token", "atatt3", /\bATATT3[\w=-]{40}/),
  form("a Terraform token", ".atlasv1.", /\b\w{14}\.atlasv1\.[\w-]{40}/),
  form("a Pulumi token", "pul-", /\bpul-[0-9a-f]{40}/),
  form("a Shopify token", "shp", /\bshp(at|ca|pa|ss)_[0-9a-f]{32}/i),
  form("a Mailgun key", "key-", /\bkey-[0-9a-f]{32}\b/),
  form("a Mailchimp key", "-us", /\b[0-9a-f]{32}-us\d{1,2}\b/),
  form("a Linear key", "lin_", /\blin_(api|oauth)_\w{32}/),
  form("a Postman key", "pmak-", /\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}/i),
  form("a Sentry token", ["sntrys_", "sntryu_"], /\bsntry[su]_[\w+/=-]{32}/),
  form("a Sentry address with its key", "@", /https:\/\/[0-9a-f]{32}(:[0-9a-f]{32})?@[\w.-]{1,100}\/\d/i),
  form("a RubyGems key", "rubygems_", /\brubygems_[0-9a-f]{48}/),
  form("an Airtable token", "pat", /\bpat\w{14}\.[0-9a-f]{64}/),
  form("a Fly token", "fm", /\bfm[12][ar]?_[\w+/=-]{40}/i),
  form("a Tailscale key", "tskey-", /\btskey-[a-z]{2,12}-[\w-]{20}/),
  form("a Cloudflare origin key", "v1.0-", /\bv1\.0-[0-9a-f]{24}-[0-9a-f]{146}/),
  form("an OpenShift token", "sha256~", /\bsha256~[\w-]{43}/),
  form(
    "a password's hash",
    ["$apr1$", "$2", "$6$", "$5$", "$1$", "$y$", "{sha}", "{ssha}", "$argon2"],
    /(\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}|\$(apr1|1|5|6|y)\$[./A-Za-z0-9=,$]{1,40}\$[./A-Za-z0-9]{20}|\$argon2(id|i|d)\$v=|:\{S?SHA\}[A-Za-z0-9+/=]{20})/,
  ),
];

const shortest = 14;

/** What kind of secret the text holds by its form alone: "a private key". Never the secret. */
export function secretForm(value: string): string | undefined {
  // Most texts of an object are names, and no form is as short.
  if (value.length < shortest) return undefined;
  const lower = value.toLowerCase();
  return forms.find(({ holds, form }) => holds.some((one) => lower.includes(one)) && form.test(value))?.name;
}

/**
 * Text of which nobody reads what it says: one word of base64 or hexadecimal, or percent-encoded, decoded where it gives
 * text, as often as it was encoded. Bytes give nothing, and neither does a short word, which is base64 by accident.
 */
export function decoded(value: string): string | undefined {
  let found: string | undefined;
  for (let layer = 0; layer < mostLayers; layer++) {
    const next = decodedOnce(found ?? value);
    if (next === undefined) return found;
    found = next;
  }
  return found;
}

/** What stands in base64 inside of a longer text, as a script or a file in YAML has it. */
export function decodedInside(value: string): string[] {
  const found: string[] = [];
  for (const [word] of value.matchAll(/[A-Za-z0-9+/]{20,8192}={0,2}/g)) {
    if (word.length === value.length) continue;
    const text = textOf(Buffer.from(word, "base64"));
    if (text !== undefined) found.push(text);
    if (found.length >= mostInside) break;
  }
  return found;
}

const mostInside = 16;

const mostLayers = 4;

function decodedOnce(value: string): string | undefined {
  if (value.length < 16) return undefined;
  // Most texts have a letter early on that no such word has.
  if (!/^[\sA-Za-z0-9+/_-][A-Za-z0-9+/_\r\n-]*={0,2}\s*$/.test(value))
    return value.includes("%") ? percentDecoded(value.trim()) : undefined;
  const word = value.replace(/\s+/g, "");
  return textOf(Buffer.from(word, /^(?:[0-9a-f]{2})+$/i.test(word) ? "hex" : "base64"));
}

// Two of them are a blank in an address; a text that is hidden so has many.
function percentDecoded(word: string): string | undefined {
  if ((word.match(/%[0-9a-f]{2}/gi)?.length ?? 0) < 3 || /\s/.test(word)) return undefined;
  try {
    return decodeURIComponent(word);
  } catch {
    return undefined; // a percent sign of its own
  }
}

const compressed = Buffer.from([0x1f, 0x8b]);
/** As much of a compressed text as is read: a secret stands in a configuration, not behind a megabyte. */
const mostBytes = 1 << 20;

function textOf(bytes: Buffer): string | undefined {
  if (bytes.subarray(0, 2).equals(compressed)) {
    try {
      return plainText(gunzipSync(bytes, { maxOutputLength: mostBytes }).toString("latin1"));
    } catch {
      return undefined; // no gzip after all, or too much of it
    }
  }
  // PowerShell's -EncodedCommand, and what else Windows writes: every other byte is zero.
  if (bytes.length >= 16 && bytes.length % 2 === 0 && bytes.every((byte, i) => i % 2 === 0 || byte === 0))
    return plainText(bytes.toString("utf16le"));
  // Bytes at random are no UTF-8, but for a handful of them.
  return isUtf8(bytes) ? plainText(bytes.toString("utf8")) : undefined;
}

function plainText(plain: string): string | undefined {
  for (let i = 0; i < plain.length; i++) {
    const code = plain.charCodeAt(i);
    if ((code > 126 && code < 160) || code === 0xfffd || (code < 32 && code !== 9 && code !== 10 && code !== 13))
      return undefined;
  }
  return plain;
}

// "-----BEGIN " in base64, at each of its three positions in what was encoded.
const keyInBase64 = /(?:LS0tLS1CRUdJTi|0tLS0tQkVHSU4g|tLS0tLUJFR0lOI)[A-Za-z0-9+/=\s]{0,400}/g;

/** Whether a private key stands in base64 somewhere in a text, as a kubeconfig or a Secret in YAML has it. */
export function holdsEncodedKey(value: string): boolean {
  if (!value.includes("0tLS")) return false;
  return [...value.matchAll(keyInBase64)].some(({ 0: found }) => {
    const letters = found.replace(/\s/g, "");
    return [0, 1, 2, 3].some((skipped) =>
      /PRIVATE KEY/.test(Buffer.from(letters.slice(skipped), "base64").toString("latin1")),
    );
  });
}
