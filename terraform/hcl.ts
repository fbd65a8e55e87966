import { UserError } from "../kit/user-error";
import type { Declaration } from "./declarations";
import { exactNumber, sensitive, Unevaluated, type TerraformEntries, type TerraformValue } from "./values";

/**
 * Terraform's own syntax, read by HashiCorp's parser (compiled to WebAssembly). It gives literals as values and every
 * expression as text with `${…}`; a literal `${` comes back escaped as `$${`, so the two cannot be confused.
 */

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/**
 * The values of a .tfvars file.
 *
 * @param isWanted the names whose lines are looked up
 * @throws UserError with file and line where the text is no HCL
 */
export async function readTfvars(text: string, file: string, isWanted: IsWanted): Promise<TerraformEntries> {
  const body = await parseHcl(text, file);
  const entries: TerraformEntries = new Map();
  for (const [name, value] of Object.entries(body)) {
    const line = isWanted(name) ? await lineOf(text, name, attributeStart(name), (b) => Object.keys(b)) : undefined;
    entries.set(name, { value: evaluated(value), file, line });
  }
  return entries;
}

/** Whether somebody may ask where this name stands: to find that out costs another reading. */
export type IsWanted = (name: string) => boolean;

/**
 * The variables and outputs that a .tf file declares. Everything else in it is not ours.
 *
 * @throws UserError where the text is no HCL
 */
export async function readDeclarations(text: string, file: string, isWanted: IsWanted): Promise<Declaration[]> {
  const body = await parseHcl(text, file);
  const found: Declaration[] = [];
  for (const kind of ["variable", "output"] as const)
    for (const [name, blocks] of Object.entries(blocksIn(body, kind))) {
      const namesIn = (one: Record<string, Json>): string[] => Object.keys(blocksIn(one, kind));
      const line = isWanted(name) ? await lineOf(text, name, blockStart(kind, name), namesIn) : undefined;
      for (const block of blocks)
        found.push({
          kind,
          name,
          ...(kind === "variable" && block["default"] !== undefined && { default: evaluated(block["default"]) }),
          ...marksOf(block),
          file,
          line,
        });
    }
  return found;
}

const marks = ["sensitive", "ephemeral", "nullable"] as const;

/** What is written hides a value unless it is plainly false: Terraform takes "true" in quotes, too. */
export function marksOf(block: Readonly<Record<string, unknown>>): Pick<Declaration, (typeof marks)[number]> {
  return Object.fromEntries(
    marks.flatMap((mark) =>
      block[mark] === undefined ? [] : [[mark, ![false, "false"].includes(block[mark] as string)]],
    ),
  );
}

async function parse(text: string): Promise<Record<string, Json>> {
  // Loaded when it is needed: a stack without alloy:terraform does not wait for two megabytes of WebAssembly.
  const hcl = await import("@cdktn/hcl2json");
  return (await hcl.parse("input", text)) as Record<string, Json>;
}

async function parseHcl(text: string, file: string): Promise<Record<string, Json>> {
  try {
    return await parse(text);
  } catch (error) {
    // parse config: [input:22,1-13: Attribute redefined; The argument "x" was already set at input:2,1-13. …]
    const said = error instanceof Error ? error.message : String(error);
    const [, line, problem] = /input:(\d+),[\d,-]+: (.*?)(?: input:\d+,[\d,-]+: .*)?\]?$/s.exec(said) ?? [];
    throw UserError.of(
      line === undefined ? file : `${file}:${line}`,
      "",
      `Terraform could not read it: ${(problem ?? said).replace(/input:(\d+),[\d-]+/g, "line $1")}`,
      /\.(tf|tofu|tfvars)$/.test(file)
        ? "correct it at that line; terraform validate reports the same"
        : "pass a .tfvars file, or what terraform output -json prints",
      "nothing was compared",
    );
  }
}

const blocksIn = (body: Record<string, Json>, kind: string): Record<string, Record<string, Json>[]> =>
  (body[kind] ?? {}) as Record<string, Record<string, Json>[]>;

const literal = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const attributeStart = (name: string): RegExp => new RegExp(`^([ \\t]*)(${literal(name)})(?=[ \\t]*=)`);
const blockStart = (kind: string, name: string): RegExp =>
  new RegExp(`^([ \\t]*${kind}[ \\t]+"?)(${literal(name)})(?="?[ \\t]*\\{)`);

/**
 * The line on which a name is defined. The parser gives no places, so it is asked: of the lines that look right (the
 * others are in comments and heredocs) the one is right which, renamed, takes the name away.
 */
async function lineOf(
  text: string,
  name: string,
  start: RegExp,
  namesIn: (body: Record<string, Json>) => string[],
): Promise<number> {
  const lines = text.split("\n");
  const candidates = lines.flatMap((line, at) => (start.test(line) ? [at] : []));
  for (const at of candidates.length > 1 ? candidates : []) {
    const renamed = lines.with(at, (lines[at] ?? "").replace(start, "$1renamed_to_find_it"));
    // What does not parse any more was no definition either.
    const body = await parse(renamed.join("\n")).catch(() => undefined);
    if (body !== undefined && !namesIn(body).includes(name)) return at + 1;
  }
  return (candidates[0] ?? 0) + 1;
}

const expression = /(?<!\$)\$\{|(?<!%)%\{/;

function evaluated(value: Json): TerraformValue {
  if (typeof value === "number") return exactNumber(value);
  if (typeof value === "string") {
    if (expression.test(value)) return needsTerraform(value);
    return value.replaceAll("$${", "${").replaceAll("%%{", "%{");
  }
  if (Array.isArray(value)) return value.map(evaluated);
  if (typeof value !== "object" || value === null) return value;
  const computed = Object.keys(value).find((key) => expression.test(key));
  if (computed !== undefined) return needsTerraform(computed);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, evaluated(inner)]));
}

function needsTerraform(text: string): Unevaluated {
  // What the function hides stands in the text.
  if (/\bsensitive\s*\(/.test(text)) return sensitive;
  const short = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  return new Unevaluated(
    `${JSON.stringify(short)} has to be evaluated by Terraform`,
    "make it an output and pass what terraform output -json prints",
  );
}
