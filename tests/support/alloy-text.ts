/**
 * Reads text in Alloy's language, as far as tests ask: tokens, blocks, their attributes. Independent of the program and
 * of the policy pack, so that none of them vouches for itself.
 */

export interface Token {
  kind: "string" | "word" | "number" | "sign";
  /** A string's value without quotes and escapes; else the text as it stands. */
  text: string;
}

/** A block: `loki.write "default" { … }`; `endpoint { … }` has no label. */
export interface Block {
  name: string;
  label: string;
  /** The tokens of each attribute's expression. */
  attributes: Record<string, Token[]>;
  blocks: Block[];
}

const pattern =
  /(?<space>\s+)|(?<comment>\/\/[^\n]*)|(?<string>"(?:[^"\\\n]|\\.)*")|(?<word>[A-Za-z_]\w*(?:\.\w+)*)|(?<number>\d+)|(?<sign>[{}[\](),=+])/y;

/** The tokens without comments and space. Throws at text that is none, such as a quote that is never closed. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    pattern.lastIndex = at;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) throw new Error(`no token at ${JSON.stringify(text.slice(at, at + 40))}`);
    at = pattern.lastIndex;
    const { string, word, number, sign } = groups;
    if (string !== undefined) tokens.push({ kind: "string", text: JSON.parse(string) as string });
    else if (word !== undefined) tokens.push({ kind: "word", text: word });
    else if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
  }
  return tokens;
}

/** The blocks of a whole file. */
export function blocksOf(text: string): Block[] {
  const reader = { tokens: tokensOf(text), at: 0 };
  const { blocks, attributes } = readBody(reader);
  if (reader.at < reader.tokens.length) throw new Error("a closing brace too many");
  if (Object.keys(attributes).length > 0) throw new Error("an attribute outside every block");
  return blocks;
}

/** All blocks of that name, at any depth. */
export function find(blocks: readonly Block[], name: string, label?: string): Block[] {
  return blocks.flatMap((block) => [
    ...(block.name === name && (label === undefined || block.label === label) ? [block] : []),
    ...find(block.blocks, name, label),
  ]);
}

/** The value of an attribute that is one plain string; `undefined` where there is none. */
export function textAt(block: Block, attribute: string): string | undefined {
  const [token, ...more] = block.attributes[attribute] ?? [];
  return token?.kind === "string" && more.length === 0 ? token.text : undefined;
}

/** The names that `sys.env("…")` asks for, sorted, each once. */
export function variablesOf(text: string): string[] {
  const tokens = tokensOf(text);
  const names = tokens.flatMap((token, at) => (token.text === "sys.env" ? [tokens[at + 2]?.text ?? ""] : []));
  return [...new Set(names)].sort();
}

interface Reader {
  tokens: Token[];
  at: number;
}

function readBody(reader: Reader): Pick<Block, "attributes" | "blocks"> {
  const attributes: Block["attributes"] = {};
  const blocks: Block[] = [];
  for (;;) {
    const word = reader.tokens[reader.at];
    if (word === undefined || word.text === "}") return { attributes, blocks };
    if (word.kind !== "word") throw new Error(`${word.text} where a name belongs`);
    const next = reader.tokens[reader.at + 1];
    if (next?.text === "=" && next.kind === "sign") {
      reader.at += 2;
      attributes[word.text] = readExpression(reader);
    } else {
      const label = next?.kind === "string" ? next.text : "";
      reader.at += next?.kind === "string" ? 3 : 2;
      const body = readBody(reader);
      if (reader.tokens[reader.at]?.text !== "}") throw new Error(`${word.text} is never closed`);
      reader.at += 1;
      blocks.push({ name: word.text, label, ...body });
    }
  }
}

// An expression ends in front of the next attribute or block, or of the brace that closes its own block.
function readExpression(reader: Reader): Token[] {
  const expression: Token[] = [];
  for (let depth = 0; ; reader.at++) {
    const token = reader.tokens[reader.at];
    if (token === undefined) return expression;
    if (depth === 0 && expression.length > 0 && startsStatement(reader)) return expression;
    if (token.kind === "sign" && "{[(".includes(token.text)) depth++;
    if (token.kind === "sign" && "}])".includes(token.text)) depth--;
    if (depth < 0) return expression;
    expression.push(token);
  }
}

function startsStatement({ tokens, at }: Reader): boolean {
  const [token, next, afterNext] = [tokens[at], tokens[at + 1], tokens[at + 2]];
  if (token?.kind !== "word" || next === undefined) return false;
  const previous = tokens[at - 1];
  if (previous?.kind === "sign" && "=+(,[".includes(previous.text)) return false;
  return (
    (next.kind === "sign" && (next.text === "=" || next.text === "{")) ||
    (next.kind === "string" && afterNext?.text === "{")
  );
}
