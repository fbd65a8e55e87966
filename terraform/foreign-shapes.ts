import { parseTree, type Node, type ParseError } from "jsonc-parser";

import { UserError } from "../kit/user-error";

/**
 * What people have at hand in place of Terraform's values: its state, its plan, what it prints for people. Each is known
 * by its shape, and the report names the command that prints what can be read.
 */

const wanted = "pass what `terraform output -json` prints (terragrunt output -json, tofu output -json)";

const refuse = (file: string, problem: string, remedy = wanted): UserError =>
  UserError.cannotTell(file, "", problem, remedy, "nothing was compared");

/**
 * Refuses JSON of Terraform's that holds no plain values.
 *
 * @param members what the outermost object holds
 * @throws UserError
 */
export function refuseForeignJson(members: ReadonlyMap<string, Node>, file: string): void {
  const has = (...names: string[]): boolean => names.some((name) => members.has(name));
  const typeOf = (name: string): string | undefined => members.get(name)?.type;
  if (typeOf("format_version") === "string" && has("planned_values", "resource_changes", "configuration"))
    throw refuse(file, "is a plan (terraform show -json PLAN), which may hold secrets in plain text");
  if (typeOf("format_version") === "string" && has("terraform_version", "values"))
    throw refuse(file, "is a state (terraform show -json), which may hold secrets in plain text");
  if (typeOf("version") === "number" && has("serial", "lineage", "resources", "modules"))
    throw refuse(file, "is a state file, which may hold secrets in plain text");
  if (has("@level", "@message") || ["level", "msg", "time"].every((name) => members.has(name)))
    throw refuse(file, "is a log of Terraform's or Terragrunt's, line by line in JSON");
  if (typeOf("data") === "array" && has("links", "meta")) throw refuse(file, "is an answer of HCP Terraform's API");
}

/** What Terraform prints for people: on its own, or with words around it. */
const forPeople: readonly [form: RegExp, what: string][] = [
  [
    /[=:] <sensitive>|\((?:known after apply|sensitive value)\)|^\S+ = <<-?EOT?$/m,
    "is what `terraform output` prints for people",
  ],
  [/ = (?:tolist|toset|tomap)\(\[?\{?$/m, "is what `terraform output` prints for people"],
  [/^(?:Plan: \d+ to add|Changes to Outputs:|Terraform will perform|OpenTofu will perform)/m, "is a plan for people"],
  [/^Outputs:$|^(?:Apply|Refresh) complete!/m, "is what `terraform apply` or `terraform show` prints for people"],
  [/^[│╷╵] ?|^Warning: No outputs found/m, "is an error or a warning of Terraform's"],
];

/**
 * Refuses text that is no configuration and no .tfvars.
 *
 * @throws UserError
 */
export function refuseForeignText(text: string, file: string): void {
  const what = forPeople.find(([form]) => form.test(text))?.[1];
  if (what !== undefined) throw refuse(file, what);
  if (/^\s*"(?:[^"\\\n]|\\.)*"\s*$/.test(text) || /^\s*[\w./:@-]+\s*$/.test(text))
    throw refuse(file, "is a single value", "pass what `terraform output -json` prints without a name behind it");
}

/**
 * Outputs among the words of a wrapper, with blanks in the words' place so that lines keep their numbers:
 * `[command]…` and `::debug::` of hashicorp/setup-terraform, a lock's or a connection's messages. Only one object of
 * outputs is taken, and only if nothing else in the text begins like one: nobody shall guess which was meant.
 *
 * @returns undefined if there are no words around, or no such object
 */
export function withoutWordsAround(text: string): string | undefined {
  const starts = [...text.matchAll(/^\{/gm)].map(({ index }) => index);
  const [start] = starts;
  if (start === undefined || starts.length !== 1) return undefined;
  const errors: ParseError[] = [];
  const root = parseTree(text.slice(start), errors, { disallowComments: true });
  if (root?.type !== "object" || (root.children ?? []).length === 0) return undefined;
  const end = start + root.offset + root.length;
  const around = text.slice(0, start) + text.slice(end);
  if (around.trim() === "" || errors.some(({ offset }) => offset < root.length)) return undefined;
  const onlyOutputs = (root.children ?? []).every(({ children: [, value] = [] }) => {
    const keys = (value?.children ?? []).map(({ children: [key] = [] }) => String(key?.value));
    return ["sensitive", "type", "value"].every((name) => keys.includes(name));
  });
  if (!onlyOutputs) return undefined;
  const blank = (words: string): string => words.replace(/[^\n]/g, " ");
  return blank(text.slice(0, start)) + text.slice(start, end) + blank(text.slice(end));
}
