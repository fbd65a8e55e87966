import { re2Problem } from "../../kit/re2";
import { shown } from "./wording";

/**
 * Expressions for the names of namespaces and nodes. Such a name holds a-z, 0-9, dashes and (a node's) dots only. An
 * expression that asks for anything else is legal, matches nothing, and says nothing: `team-a,team-b`, `kube-*`.
 */

/** What is wrong with an expression, and what was most likely meant. */
export interface PatternMistake {
  problem: string;
  remedy: string;
}

/** One part of an expression. */
interface Part {
  kind: "literal" | "other" | "star" | "question" | "or" | "group" | "end-group";
  /** As it is written, with what repeats it. */
  text: string;
}

const separators: Readonly<Record<string, string>> = { ",": "comma", ";": "semicolon" };

/**
 * Why an expression cannot be what was meant. Undefined for every expression that can match names, and for one that RE2
 * does not compile and that is no shell pattern either: of that one the caller speaks.
 */
export function patternMistake(expression: string, of: "namespace" | "node"): PatternMistake | undefined {
  const meant = whatWasMeant(expression);
  const example = of === "node" ? "worker-.*" : "team-.*";
  const write = `write ${meant ?? `an expression such as ${example}`}`;
  const quoted = shown(expression);
  if (re2Problem(expression) !== undefined)
    return meant === undefined || meant === expression
      ? undefined
      : { problem: `${quoted} is not a regular expression, but a shell pattern or a list`, remedy: write };

  const parts = partsOf(expression);
  const ignoresCase = parts.some(({ kind, text }) => kind === "group" && /^\(\?[a-zA-Z]*i/.test(text));
  const strange = parts.flatMap(({ kind, text }) =>
    kind === "literal" && !/^[a-z0-9.-]$/.test(text) && !(ignoresCase && /^[A-Z]$/.test(text)) ? [text] : [],
  );
  if (parts[0]?.text === "!")
    return {
      problem: `${quoted} leaves nothing out: a regular expression has no "not", and no ${of} has a ! in its name`,
      remedy:
        of === "node" ? "write the names that are meant" : "name them in alloy:logs.excludeNamespaces, without the !",
    };
  if (strange.includes("=") || strange.includes(":"))
    return {
      problem: `${quoted} looks like a label, but it is matched against the name of each ${of}`,
      remedy: `write an expression for the names, such as ${example}`,
    };
  const [first] = strange;
  if (first !== undefined)
    return { problem: `${quoted} can match no ${of}: no name has a ${nameOfSign(first)} in it`, remedy: write };

  for (const [at, { kind }] of parts.entries()) {
    const [before, next] = [parts[at - 1], parts[at + 1]];
    if (kind === "star" && before?.kind === "literal")
      return {
        problem: `${quoted} is a shell pattern: in an expression, ${before.text}* is any number of ${before.text}`,
        remedy: `${write}; if a repeated ${before.text} is meant, write [${before.text}]*`,
      };
    // A name does not end with a dash, so the question mark can only stand for another letter.
    if (kind === "question" && before?.text === "-" && (next === undefined || ["or", "end-group"].includes(next.kind)))
      return { problem: `${quoted} is a shell pattern: no name ends with a dash`, remedy: write };
  }
  return undefined;
}

const nameOfSign = (sign: string): string => (/\s/.test(sign) ? "blank" : (separators[sign] ?? sign));

/** The single parts. What stands in brackets, behind a backslash or in a group's head is one part, and never looked at. */
function partsOf(expression: string): Part[] {
  const form =
    /\\Q[\s\S]*?(?:\\E|$)|\\[pP](?:\{[^}]*\}|\w)|\\x\{[^}]*\}|\\[\s\S]|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]])*\]|\(\?(?:P?<\w+>|[a-zA-Z-]*[:)])?|\{\d+(?:,\d*)?\}|[\s\S]/gu;
  return [...expression.matchAll(form)].map(([text]): Part => {
    if (text === "*") return { kind: "star", text };
    if (text === "?") return { kind: "question", text };
    if (text === "|") return { kind: "or", text };
    if (text === ")") return { kind: "end-group", text };
    if (text.startsWith("(")) return { kind: "group", text };
    const isLiteral = [...text].length === 1 && !".+^$".includes(text);
    return { kind: isLiteral ? "literal" : "other", text };
  });
}

/** The expression behind a list and behind shell patterns; undefined if that is none that can match a name. */
function whatWasMeant(expression: string): string | undefined {
  const bare = expression
    .trim()
    .replace(/^\/(.*)\/$/s, "$1")
    // A list in YAML's or JSON's own form, that came as text.
    .replace(/^\[(.*)\]$/s, (whole: string, inner: string) => (/[,"']/.test(inner) ? inner : whole));
  const names = splitOutside(bare)
    .map((name) => name.trim().replace(/^["']|["']$/g, ""))
    .filter((name) => name !== "");
  // A list may have been written with bars as well: `team-a | team-b`, `team-a || team-b`.
  const written = names
    .map(fromShell)
    .join("|")
    .replaceAll(/\|{2,}/g, "|")
    .replaceAll(/^\||\|$/g, "");
  // What has a backslash keeps its case: \S is not \s.
  const meant = written.includes("\\") ? written : written.toLowerCase();
  return names.length > 0 && re2Problem(meant) === undefined && /^[a-z0-9.*+?|()[\]{},\\^$SWD-]+$/.test(meant)
    ? meant
    : undefined;
}

/** Splits at commas, semicolons and blanks that are in no brackets. */
function splitOutside(text: string): string[] {
  const names = [""];
  let depth = 0;
  for (const letter of text) {
    if ("({[".includes(letter)) depth++;
    if (")}]".includes(letter)) depth--;
    if (depth <= 0 && /[,;\s]/.test(letter)) names.push("");
    else names[names.length - 1] += letter;
  }
  return names;
}

/** One shell pattern as an expression: `kube-*` is `kube-.*`, `{a,b}` is `(a|b)`, `node-?` is `node-.`. */
function fromShell(name: string): string {
  return name
    .replace(/\{([^{}]*,[^{}]*)\}/g, (whole: string, inner: string) =>
      /^\d*,\d*$/.test(inner) ? whole : `(${inner.replaceAll(/\s*,\s*/g, "|")})`,
    )
    .replace(/(^|[^.)\]\\}])\*+/g, "$1.*")
    .replace(/-\?(?=$|[|)])/g, "-.")
    .replaceAll("_", "-");
}
