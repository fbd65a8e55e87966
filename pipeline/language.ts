/**
 * Reads the shape of a configuration in Alloy's language: which blocks, with which attributes. Comments and strings are
 * taken for what they are, so that a component named in a comment grants nothing and a brace in a string opens nothing.
 * Grammar: https://grafana.com/docs/alloy/latest/get-started/configuration-syntax/syntax/
 */

export interface Block {
  /** `discovery.kubernetes` */
  name: string;
  label: string;
  /** The attributes, each as its expression's tokens. */
  attributes: Map<string, Token[]>;
  blocks: Block[];
  line: number;
}

export interface Token {
  kind: "name" | "string" | "number" | "sign" | "newline" | "end";
  /** A string's value, or the token as written. */
  text: string;
  line: number;
  /** Where it begins in the source, and where what follows it begins. */
  at: number;
  end: number;
}

/** The text is not in Alloy's language; `line` counts from 1. */
export class AlloySyntaxError extends Error {
  constructor(
    public readonly line: number,
    problem: string,
  ) {
    super(`line ${line}: ${problem}`);
    this.name = "AlloySyntaxError";
  }
}

/** @throws AlloySyntaxError */
export function parseAlloy(source: string): Block[] {
  const parser = new Parser(tokens(source));
  const root = parser.body("end");
  if (root.attributes.size > 0) throw new AlloySyntaxError(1, "an attribute stands outside of a block");
  return root.blocks;
}

/** The value of an attribute that is one string, such as `role = "pod"`; undefined for any other expression. */
export function stringAttribute(block: Block, name: string): string | undefined {
  const [first, ...rest] = block.attributes.get(name) ?? [];
  return first?.kind === "string" && rest.length === 0 ? first.text : undefined;
}

/** A call of a function, such as `sys.env("NODE_NAME")`. */
export interface Call {
  /** `sys.env` */
  name: string;
  /** The tokens between its brackets. */
  argument: readonly Token[];
  line: number;
}

/** The calls in an expression, those in the arguments of others, too. */
export function callsIn(tokens: readonly Token[]): Call[] {
  return tokens.flatMap(({ kind, text, line }, open): Call[] => {
    if (kind !== "sign" || text !== "(" || tokens[open - 1]?.kind !== "name") return [];
    let first = open - 1;
    while (isSign(tokens[first - 1], ".") && tokens[first - 2]?.kind === "name") first -= 2;
    const name = tokens.slice(first, open).map((token) => token.text);
    return [{ name: name.join(""), argument: tokens.slice(open + 1, closingOf(tokens, open)), line }];
  });
}

function closingOf(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    if (isSign(tokens[at], "(")) depth++;
    if (isSign(tokens[at], ")") && --depth === 0) return at;
  }
  return tokens.length;
}

const isSign = (token: Token | undefined, text: string): boolean => token?.kind === "sign" && token.text === text;

/** Every block of a text with those inside of it, the outer ones first. */
export function everyBlock(blocks: readonly Block[]): Block[] {
  return blocks.flatMap((block) => [block, ...everyBlock(block.blocks)]);
}

const escapes: Record<string, string> = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", f: "\f", v: "\v" };

const lexemes: { kind: Token["kind"] | "space"; form: RegExp }[] = [
  { kind: "space", form: /[ \t\r]+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y },
  { kind: "newline", form: /\n/y },
  { kind: "name", form: /[\p{L}_][\p{L}\p{Nd}_]*/uy },
  { kind: "number", form: /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y },
  { kind: "string", form: /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y },
  { kind: "sign", form: /==|!=|<=|>=|&&|\|\||[-+*/%^=!<>.,{}()[\]]/y },
];

/**
 * The tokens of a text, whatever they make together.
 *
 * @throws AlloySyntaxError
 */
export function tokens(source: string): Token[] {
  const found: Token[] = [];
  let line = 1;
  let position = 0;
  while (position < source.length) {
    const lexeme = match(source, position);
    if (lexeme === undefined)
      throw new AlloySyntaxError(
        line,
        `cannot be read from here: ${source.slice(position, position + 20).split("\n")[0]}`,
      );
    const { kind, written } = lexeme;
    const place = { line, at: position, end: position + written.length };
    // A comment over several lines ends the statement before it, as a line break does.
    if (kind === "newline" || (kind === "space" && written.includes("\n")))
      found.push({ kind: "newline", text: "", ...place });
    else if (kind !== "space")
      found.push({ kind, text: kind === "string" ? unquote(written, line) : written, ...place });
    line += written.split("\n").length - 1;
    position += written.length;
  }
  const end = { line, at: position, end: position };
  return [...found, { kind: "newline", text: "", ...end }, { kind: "end", text: "the end", ...end }];
}

function match(source: string, position: number): { kind: Token["kind"] | "space"; written: string } | undefined {
  for (const { kind, form } of lexemes) {
    form.lastIndex = position;
    const written = form.exec(source)?.[0];
    if (written !== undefined) return { kind, written };
  }
  return undefined;
}

// Those of Go, without the one for a single quote. Source: grafana/alloy syntax/scanner/scanner.go, scanEscape
const escape = /\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|[0-7]{3}|[abfnrtv\\"])|\\./g;

function unquote(written: string, line: number): string {
  if (written.startsWith("`")) return written.slice(1, -1);
  return written.slice(1, -1).replace(escape, (whole) => {
    const code = whole.slice(1);
    if (/^[uUx]./.test(code)) return String.fromCodePoint(Math.min(Number.parseInt(code.slice(1), 16), 0x10ffff));
    if (/^[0-7]{3}$/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
    const meant = code === "\\" || code === '"' ? code : escapes[code];
    if (meant === undefined)
      throw new AlloySyntaxError(
        line,
        `${whole} is no escape in a string in quotes; write \\${whole}, or put the string into backquotes`,
      );
    return meant;
  });
}

const opening = "([{";
const closing = ")]}";

class Parser {
  private position = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  /** Statements up to `until`, which is taken too. */
  body(until: "end" | "}"): Pick<Block, "attributes" | "blocks"> {
    const attributes = new Map<string, Token[]>();
    const blocks: Block[] = [];
    for (;;) {
      const token = this.next();
      if (token.kind === "newline") continue;
      if (until === "end" ? token.kind === "end" : token.kind === "sign" && token.text === "}")
        return { attributes, blocks };
      if (token.kind !== "name") throw new AlloySyntaxError(token.line, "expected a block, an attribute or the end");
      if (this.isSign("=")) {
        this.next();
        if (attributes.has(token.text))
          throw new AlloySyntaxError(token.line, `${token.text} is there twice in one block`);
        attributes.set(token.text, this.expression());
      } else blocks.push(this.block(token));
    }
  }

  private block(first: Token): Block {
    let name = first.text;
    while (this.isSign(".")) {
      this.next();
      const part = this.next();
      if (part.kind !== "name") throw new AlloySyntaxError(part.line, "expected a name behind the dot");
      name += `.${part.text}`;
    }
    const label = this.peek().kind === "string" ? this.next().text : "";
    const brace = this.next();
    if (brace.kind !== "sign" || brace.text !== "{") throw new AlloySyntaxError(brace.line, "expected {");
    return { name, label, line: first.line, ...this.body("}") };
  }

  /** Up to the line break that ends it; inside of brackets, and behind an operator, a line break does not. */
  private expression(): Token[] {
    const found: Token[] = [];
    let depth = 0;
    for (;;) {
      const token = this.peek();
      if (token.kind === "end") throw new AlloySyntaxError(token.line, "an expression does not end");
      if (token.kind === "sign" && closing.includes(token.text)) {
        // `block { a = 1 }` on one line: the brace is the block's.
        if (depth === 0) return found;
        depth--;
      } else if (token.kind === "sign" && opening.includes(token.text)) depth++;
      this.next();
      if (token.kind !== "newline") found.push(token);
      else if (depth === 0 && found.length > 0 && endsStatement(found[found.length - 1])) return found;
    }
  }

  private isSign(text: string): boolean {
    const token = this.peek();
    return token.kind === "sign" && token.text === text;
  }

  private peek(): Token {
    const token = this.tokens[this.position] ?? this.tokens[this.tokens.length - 1];
    if (token === undefined) throw new AlloySyntaxError(1, "there is nothing here");
    return token;
  }

  private next(): Token {
    const token = this.peek();
    this.position++;
    return token;
  }
}

function endsStatement(token: Token | undefined): boolean {
  return token !== undefined && (token.kind !== "sign" || closing.includes(token.text));
}
