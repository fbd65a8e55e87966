import { getNodeValue, parseTree, printParseErrorCode, type Node, type ParseError } from "jsonc-parser";

import { UserError } from "../kit/user-error";
import type { Declaration } from "./declarations";
import { refuseForeignJson, withoutWordsAround } from "./foreign-shapes";
import { marksOf } from "./hcl";
import { exactNumber, sensitive, Unevaluated, type TerraformEntries, type TerraformValue } from "./values";

/**
 * The values of a .tfvars.json file, or of what `terraform output -json` prints: there each value stands in an object
 * with `sensitive` and `type` beside it. Words that a wrapper prints around such outputs are left out.
 *
 * @throws UserError with file and line where the text is no JSON, a name is there twice, or it is something else of
 *   Terraform's
 */
export function readTerraformJson(text: string, file: string): TerraformEntries {
  const { members, lineAt } = parseObject(text, file);
  refuseForeignJson(new Map(members.map(({ key, value }) => [String(key.value), value])), file);
  const outputs = members.length > 0 && members.every(({ value }) => isOutput(value));
  const entries: TerraformEntries = new Map();
  for (const { key, value } of members) {
    const name = String(key.value);
    const held = outputs ? member(value, "value") : value;
    const hidden = outputs && member(value, "sensitive")?.value !== false;
    const line = lineAt(key.offset);
    entries.set(name, { value: hidden || held === undefined ? sensitive : plain(held), file, line });
  }
  return entries;
}

/** The variables and outputs that a .tf.json file declares. Each kind is an object by name, or a list of such objects. */
export function readJsonDeclarations(text: string, file: string): Declaration[] {
  const { members, lineAt } = parseObject(text, file);
  const found: Declaration[] = [];
  for (const kind of ["variable", "output"] as const) {
    const held = members.find(({ key }) => key.value === kind)?.value;
    for (const { key, value } of listed(held).flatMap(membersOf))
      for (const block of listed(value)) {
        const said = getNodeValue(block) as unknown;
        if (typeof said !== "object" || said === null || String(key.value) === "//") continue;
        const usual = member(block, "default");
        found.push({
          kind,
          name: String(key.value),
          ...(kind === "variable" && usual !== undefined && { default: plain(usual) }),
          ...marksOf(said as Record<string, unknown>),
          file,
          line: lineAt(key.offset),
        });
      }
  }
  return found;
}

const listed = (node: Node | undefined): Node[] =>
  node?.type === "array" ? (node.children ?? []) : node ? [node] : [];

interface Member {
  key: Node;
  value: Node;
}

const membersOf = (node: Node | undefined): Member[] =>
  node?.type !== "object"
    ? []
    : (node.children ?? []).flatMap(({ children: [key, value] = [] }) =>
        key === undefined || value === undefined ? [] : [{ key, value }],
      );

function parseObject(given: string, file: string): { members: Member[]; lineAt: (offset: number) => number } {
  const text = withoutWordsAround(given) ?? given;
  const lineAt = (offset: number): number => text.slice(0, offset).split("\n").length;
  const refuse = (offset: number, name: string, problem: string, remedy: string): UserError =>
    UserError.of(`${file}:${lineAt(offset)}`, name, problem, remedy, "nothing was compared");

  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true });
  const error = errors[0];
  if (error)
    throw refuse(
      error.offset,
      "",
      `is not JSON (${printParseErrorCode(error.error)})`,
      "pass it as Terraform printed it: terraform output -json, without a wrapper's words " +
        "(hashicorp/setup-terraform: terraform_wrapper: false; terragrunt: --log-disable)",
    );
  if (root?.type !== "object")
    throw refuse(
      0,
      "",
      "is not an object, but a list or a single value",
      "pass a .tfvars.json, or what terraform output -json prints without a name behind it",
    );
  const members = membersOf(root);
  const names = new Set<string>();
  for (const { key } of members) {
    const name = String(key.value);
    if (names.has(name)) throw refuse(key.offset, name, "occurs twice", "remove one");
    names.add(name);
  }
  return { members, lineAt };
}

const member = (node: Node, name: string): Node | undefined =>
  membersOf(node).find(({ key }) => key.value === name)?.value;

const isOutput = (node: Node): boolean =>
  ["sensitive", "type", "value"].every((name) => member(node, name) !== undefined);

function plain(node: Node): TerraformValue {
  return checked(getNodeValue(node) as TerraformValue);
}

function checked(value: TerraformValue): TerraformValue {
  if (typeof value === "number") return exactNumber(value);
  // Terraform takes it as it stands here, so whoever wrote it expects something that will not happen.
  if (typeof value === "string" && /[$%]\{/.test(value))
    return new Unevaluated(
      `${JSON.stringify(value)} looks like an expression, which nothing evaluates in JSON`,
      "write the value itself",
    );
  if (Array.isArray(value)) return value.map(checked);
  if (typeof value !== "object" || value === null || value instanceof Unevaluated) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, checked(inner)]));
}
