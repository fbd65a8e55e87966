import { formatted } from "./formats";
import { isSecretName } from "./names";
import { isNameOfPlace, isReference } from "./references";

/**
 * Finds `name = literal` in texts of any language. A word of secrets is looked for first and the rest is read around it,
 * within bounds: a text of a hundred thousand letters takes a hundred times as long as one of a thousand.
 */
const word =
  /pass(?:word|wd|phrase|code)?|pwd|secret|token|credential|(?:api|app|access|private|client|auth|encryption|signing|account|shared|master|deploy|license|webhook|storage|hmac|fernet|jwt|aes|unseal)[-_.]?key|key[-_]data|psk/gi;

/** As far as a name or a value is read. */
const longestName = 64;
const longestValue = 256;

const nameLetter = /[\w.-]/;

/** Names that some text assigns a literal to and that are names of secrets; each once. */
export function secretAssignments(value: string): string[] {
  // Nothing is assigned without a sign between, but for a flag and its value.
  if (!/[=:<>(\s]/.test(value)) return [];
  const found = new Set<string>();
  const text = plainly(value);
  let done = 0;
  for (const { index, 0: hit } of text.matchAll(word)) {
    if (index < done) continue;
    const [start, end] = nameAround(text, index, hit.length);
    done = end;
    const name = text.slice(start, end).replace(/^[-.]+|[-.]+$/g, "");
    if (found.has(name) || !isSecretName(name)) continue;
    if (isAssigned(text, name, start, end)) found.add(name);
  }
  for (const name of formatted(text)) found.add(name);
  return [...found];
}

// JSON inside of JSON has its quotes escaped, and a letter may be written by its number, or look like another.
function plainly(value: string): string {
  let text = value.includes('\\"') ? value.replaceAll('\\"', '"') : value;
  if (text.includes("\\u00"))
    text = text.replace(/\\u00([2-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  if (/[^\u0000-\u024f]/.test(text)) text = text.replace(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, "").normalize("NFKC");
  return text.includes('"""') || text.includes("'''") ? text.replace(/("""|''')\r?\n?/g, '"') : text;
}

function nameAround(text: string, index: number, length: number): [start: number, end: number] {
  let start = index;
  while (start > 0 && index - start < longestName && nameLetter.test(text[start - 1] ?? "")) start--;
  let end = index + length;
  while (end < text.length && end - index < longestName && nameLetter.test(text[end] ?? "")) end++;
  return [start, end];
}

/** A literal behind a name, as some language writes it. */
interface Literal {
  value: string;
  /** The sign between: `=`, `:`, `=>`, `<` for an element of XML, or a space. */
  sign: string;
  /** In quotes, so that it can only be a text. */
  quoted: boolean;
  /** What stands behind the value. */
  after: string;
}

function isAssigned(text: string, name: string, start: number, end: number): boolean {
  const literal = literalBehind(text, start, end);
  if (literal === undefined) return false;
  const { value, sign, quoted, after } = literal;
  if (isReference(value) || isNameOfPlace(name, value)) return false;
  // Plural and a number: how many.
  if (/s$/i.test(name) && /^\d+$/.test(value)) return false;
  if (quoted || sign === "<") return true;
  if (/^\d{1,3}$|^\d+(ms|[smhd])$/.test(value) || value === "|" || value === ">" || /^[|>][-+]?$/.test(value))
    return false;
  if (sign === ":" && isProse(text, start, after)) return false;
  return !isExpression(value, sign, after, text, end);
}

function literalBehind(text: string, start: number, end: number): Literal | undefined {
  const before = text[start - 1] ?? "";
  const rest = text.slice(end, end + longestValue + 16);
  if (before === "<") {
    // <password>…</password>; an element without text says nothing.
    const element = /^(?:\s[^<>]{0,100})?>([^<]{1,256})</.exec(rest);
    return element === null ? undefined : { value: element[1] ?? "", sign: "<", quoted: true, after: "" };
  }
  const block = (blockScalar.exec(rest) ?? nextLine.exec(rest))?.[1];
  if (block !== undefined) return { value: block, sign: ":", quoted: true, after: "" };
  const match =
    /^["']?\]?[ \t]{0,16}(=>|:=|\?=|:(?!:)|=(?!=))(?:[ \t]{0,16}|\s{0,32}(?=["']))(?:[&!][\w!-]{1,32}[ \t]{1,8})?(?:"((?:[^"\\\n]|\\.){0,256})"?|'([^'\n]{0,256})'?|`([^`]{0,256})`?|((?:\$\{[^}\n]{0,100}\}|\{\{[^}\n]{0,200}\}\}|\$\([^)\n]{0,100}\)|[^\s"'`{}[\],;()#&?<>|]){1,256}))/.exec(
      rest,
    );
  if (match === null) return flagValue(text, start, rest);
  // `password=` in the quotes of a sentence: what looks like the value's quote closes them.
  if (before === "`" && rest.startsWith(`${match[1] ?? ""}\``)) return undefined;
  const [whole, sign = "", double, single, raw, bare] = match;
  const value = double ?? single ?? raw ?? bare ?? "";
  return { value, sign, quoted: bare === undefined, after: rest.slice(whole.length, whole.length + 80) };
}

// `password: |-` of YAML, and on the next line, deeper, what it is.
const blockScalar =
  /^["']?[ \t]{0,16}:[ \t]{1,16}[|>][-+]?[ \t]{0,8}\r?\n[ \t]{1,32}([^\s#:{}]{3,256})[ \t]{0,8}(?:\r?\n|$)/;

// The same without the sign: YAML reads a lone word in the next line, deeper, as the value.
const nextLine = /^["']?[ \t]{0,16}:[ \t]{0,8}\r?\n[ \t]{1,32}(?!-)([^\s#:{}[\]]{3,256})[ \t]{0,8}(?:\r?\n|$)/;

// `--password hunter2` in a line of a shell.
function flagValue(text: string, start: number, rest: string): Literal | undefined {
  if (!/--?$/.test(text.slice(Math.max(0, start - 2), start)) && text[start] !== "-") return undefined;
  const value = /^[ \t]{1,4}["']?([^\s"'-][^\s"']{2,255})/.exec(rest)?.[1];
  return value === undefined ? undefined : { value, sign: " ", quoted: false, after: "" };
}

// `local.file.a.content` of Alloy and HCL, `values.password` of templates, a call, an index: code and no text.
const roots =
  /^(local|locals|var|module|data|remote|env|sys|secrets?|config|self|each|this|values|settings|args|params|input|inputs|process|os|req|request|res|response|options|opts|kwargs|ctx|context|event|state|props|user|form|body|payload|session|parameters|outputs|steps|github|needs|vars|encoding|convert|string|json|request|obj|item|row|record|creds?|credentials?|auth|conn|client|server)\b/i;

function isExpression(value: string, sign: string, after: string, text: string, end: number): boolean {
  if (/^[([]/.test(after) && /^[a-z_]/i.test(value)) return true;
  if (!/^[a-z_]\w*(\.\w+)+$/i.test(value)) return false;
  // `a.b = c.d` with spaces is code more often than not, `a.b=c.d` a line of properties.
  const spaced = /^["']?\s/.test(text.slice(end, end + 2));
  return roots.test(value) || (sign === "=" && spaced && value.split(".").length > 2);
}

// "the token: look it up" is a sentence. A key of YAML begins its line, or stands behind a dash, a brace or a comma.
function isProse(text: string, start: number, after: string): boolean {
  // Cut first: a search for the line's beginning reads a long line anew for each word in it.
  const near = text.slice(Math.max(0, start - 200), start);
  const head = near.slice(near.lastIndexOf("\n") + 1);
  if (/[\p{L}\p{N}]\s{1,4}["'*_`]{0,2}$/u.test(head.slice(-8))) return true;
  const comment = /(^|\s)(#|\/\/)/.test(head);
  return (comment && /^[ \t]+\p{L}/u.test(after)) || /^[ \t]+\p{L}+[ \t]+\p{L}/u.test(after);
}
