import type { z } from "zod";

import type { Problem } from "../kit/user-error";
import { splitMessage, valueKind } from "./fields/wording";
import { nearest } from "../kit/nearest";
import { exampleOf, isGroup, keysAt } from "./schema-tree";

/** A zod issue as what a person has to mend. An issue about unknown keys is one problem a key. */
export function explain(issue: z.core.$ZodIssue, input: unknown, file: string): Problem[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(issue.path, key, file));
  return [{ file, key: keyOf(issue.path), ...wording(issue, valueAt(input, issue.path)) }];
}

/** A path of keys as it is written in stack config: `alloy:resources.limits.cpu`. */
export const keyOf = (path: readonly PropertyKey[]): string => `alloy:${path.map(String).join(".")}`;

function unknownKey(path: readonly PropertyKey[], key: string, file: string): Problem {
  const known = keysAt(path);
  const problem = { file, key: keyOf([...path, key]), problem: "is not a key of these settings" };
  const [group = "", ...rest] = key.split(".");
  if (path.length === 0 && rest.length > 0 && isGroup(group))
    return {
      ...problem,
      remedy: `write the dot as nesting: alloy:${group}: { ${rest.join(": { ")}: …${" }".repeat(rest.length)}`,
    };
  const meant = nearest(key, known);
  return { ...problem, remedy: `${meant ? `did you mean ${meant}? ` : ""}The keys here are ${known.join(", ")}` };
}

/** The messages of fields.ts carry their remedy; zod's own ones are worded here. */
function wording(issue: z.core.$ZodIssue, value: unknown): { problem: string; remedy: string } {
  const own = splitMessage(issue.message);
  if (own) return own;
  const problem = value === undefined ? "is missing" : `is ${valueKind(value)}`;
  switch (issue.code) {
    case "invalid_type":
      if (issue.expected === "object" || issue.expected === "record")
        return {
          problem: `${problem} where an object belongs`,
          remedy: `write it in YAML as ${exampleOf(issue.path)}`,
        };
      if (issue.expected === "array")
        return { problem: `${problem} where a list belongs`, remedy: "write it in YAML as [first, second]" };
      return { problem, remedy: `write a ${issue.expected}` };
    case "invalid_key":
      return splitMessage(issue.issues[0]?.message ?? "") ?? { problem: "is not a name", remedy: "rename it" };
    default:
      return { problem: `is not accepted: ${issue.message}`, remedy: "see settings/schema.ts for what this key takes" };
  }
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );
}
