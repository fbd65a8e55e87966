import { getNodeValue, parseTree, printParseErrorCode, type Node, type ParseError } from "jsonc-parser";

import { UserError } from "../kit/user-error";
import { exactNumber, sensitive, Unevaluated, type TerraformEntries, type TerraformValue } from "./values";

/**
 * The values of a .tfvars.json file, or of what `terraform output -json` prints: there each value stands in an object
 * with `sensitive` and `type` beside it.
 *
 * @throws UserError with file and line where the text is no JSON, or a name is there twice
 */
export function readTerraformJson(text: string, file: string): TerraformEntries {
  const lineAt = (offset: number): number => text.slice(0, offset).split("\n").length;
  const refuse = (offset: number, name: string, problem: string, remedy: string): UserError =>
    UserError.of(`${file}:${lineAt(offset)}`, name, problem, remedy, "nothing was compared");

  const errors: ParseError[] = [];
  const root = parseTree(text.replace(/^\ufeff/, " "), errors, { disallowComments: true });
  const error = errors[0];
  if (error)
    throw refuse(
      error.offset,
      "",
      `is not JSON (${printParseErrorCode(error.error)})`,
      "pass it as Terraform printed it: terraform output -json, without -no-color or a wrapper's words",
    );
  if (root?.type !== "object")
    throw refuse(0, "", "is not an object", "pass a .tfvars.json, or what terraform output -json prints");

  const members = (root.children ?? []).map(({ children: [key, value] = [] }) => ({ key, value }));
  const outputs = members.length > 0 && members.every(({ value }) => isOutput(value));
  const entries: TerraformEntries = new Map();
  for (const { key, value } of members) {
    if (key === undefined || value === undefined) continue; // an error above, or nothing
    const name = String(key.value);
    if (entries.has(name)) throw refuse(key.offset, name, "occurs twice", "remove one");
    const line = lineAt(key.offset);
    const held = outputs ? member(value, "value") : value;
    const hidden = outputs && member(value, "sensitive")?.value !== false;
    entries.set(name, { value: hidden || held === undefined ? sensitive : plain(held), file, line });
  }
  return entries;
}

const member = (node: Node, name: string): Node | undefined =>
  node.children?.find(({ children: [key] = [] }) => key?.value === name)?.children?.[1];

const isOutput = (node: Node | undefined): boolean =>
  node?.type === "object" && ["sensitive", "type", "value"].every((name) => member(node, name) !== undefined);

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
