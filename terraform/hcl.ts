import { UserError } from "../kit/user-error";
import { exactNumber, sensitive, Unevaluated, type TerraformEntries, type TerraformValue } from "./values";

/**
 * Terraform's own syntax, read by HashiCorp's parser (compiled to WebAssembly). It gives literals as values and every
 * expression as text with `${…}`; a literal `${` comes back escaped as `$${`, so the two cannot be confused.
 */

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/**
 * The values of a .tfvars file.
 *
 * @param wanted names whose lines are looked up; others get line 1
 * @throws UserError with file and line where the text is no HCL
 */
export async function readTfvars(text: string, file: string, wanted: ReadonlySet<string>): Promise<TerraformEntries> {
  const body = await parseHcl(text, file);
  const entries: TerraformEntries = new Map();
  for (const [name, value] of Object.entries(body)) {
    const line = wanted.has(name) ? await lineOf(text, name, attributeStart(name), (b) => Object.keys(b)) : 1;
    entries.set(name, { value: evaluated(value), file, line });
  }
  return entries;
}

/**
 * The defaults of the variables of a .tf file; a variable without one is left out. Everything else in it is not ours.
 *
 * @throws UserError where the text is no HCL, or a variable is declared twice
 */
export async function readVariableDefaults(
  text: string,
  file: string,
  wanted: ReadonlySet<string>,
): Promise<TerraformEntries> {
  const entries: TerraformEntries = new Map();
  for (const [name, blocks] of Object.entries(variablesIn(await parseHcl(text, file)))) {
    const line = wanted.has(name)
      ? await lineOf(text, name, variableStart(name), (b) => Object.keys(variablesIn(b)))
      : 1;
    if (blocks.length > 1)
      throw UserError.of(`${file}:${line}`, name, "is declared twice", "remove one", "nothing was compared");
    const { default: value, sensitive: hidden = false } = blocks[0] ?? {};
    if (hidden !== false) entries.set(name, { value: sensitive, file, line });
    else if (value !== undefined) entries.set(name, { value: evaluated(value), file, line });
  }
  return entries;
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
      "correct it at that line; terraform validate reports the same",
      "nothing was compared",
    );
  }
}

type Variable = { default?: Json; sensitive?: Json };

const variablesIn = (body: Record<string, Json>): Record<string, Variable[]> =>
  (body["variable"] ?? {}) as Record<string, Variable[]>;

const literal = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const attributeStart = (name: string): RegExp => new RegExp(`^([ \\t]*)(${literal(name)})(?=[ \\t]*=)`);
const variableStart = (name: string): RegExp =>
  new RegExp(`^([ \\t]*variable[ \\t]+"?)(${literal(name)})(?="?[ \\t]*\\{)`);

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
  const short = text.length > 80 ? `${text.slice(0, 79)}…` : text;
  return new Unevaluated(
    `${JSON.stringify(short)} has to be evaluated by Terraform`,
    "make it an output and pass what terraform output -json prints",
  );
}
