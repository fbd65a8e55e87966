import type { z } from "zod";

import type { Problem } from "../kit/user-error";
import { splitMessage, wrongType } from "./fields/wording";
import { nearest } from "../kit/nearest";
import { exampleOf, holdsObject, keysAt } from "./schema-tree";

/** A zod issue as what a person has to mend. An issue about unknown keys is one problem a key. */
export function problemsOfIssue(issue: z.core.$ZodIssue, input: unknown, file: string): Problem[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(issue.path, key, file));
  return [{ file, key: keyOf(issue.path), ...wordingOf(issue, valueAt(input, issue.path)) }];
}

/** A problem as it is if part of the config comes from environments that nobody but the engine can read. */
export function withEnvironments(problem: Problem, environments: readonly string[]): Problem {
  if (environments.length === 0 || !problem.problem.startsWith("is missing")) return problem;
  return {
    ...problem,
    problem: `is missing here. It may come from ${environments.join(", ")} (Pulumi ESC), which only the engine can read`,
    remedy: `${problem.remedy}, in this file, too: it is checked before the engine starts, and its values win`,
  };
}

/** A path of keys as it is written in stack config: `alloy:resources.limits.cpu`. */
export const keyOf = (path: readonly PropertyKey[]): string => `alloy:${path.map(String).join(".")}`;

function unknownKey(path: readonly PropertyKey[], key: string, file: string): Problem {
  const known = keysAt(path);
  const problem = { file, key: keyOf([...path, key]), problem: "is not a key of these settings" };
  const [first = "", ...rest] = key.split(".");
  if (path.length === 0 && rest.length > 0 && holdsObject(first))
    return {
      ...problem,
      remedy: `write the dot as nesting: alloy:${first}: { ${rest.join(": { ")}: …${" }".repeat(rest.length)}`,
    };
  const meant = nearest(key, known);
  return { ...problem, remedy: `${meant ? `did you mean ${meant}? ` : ""}The keys here are ${known.join(", ")}` };
}

/** The messages of fields/ carry their remedy; zod's own ones are worded here. */
function wordingOf(issue: z.core.$ZodIssue, value: unknown): { problem: string; remedy: string } {
  const own = splitMessage(issue.message);
  if (own) return own;
  switch (issue.code) {
    case "invalid_type":
      if (issue.expected === "object" || issue.expected === "record")
        return { problem: wrongType(value, "an object"), remedy: `write it in YAML as ${exampleOf(issue.path)}` };
      if (issue.expected === "array")
        return { problem: wrongType(value, "a list"), remedy: "write it in YAML as [first, second]" };
      return { problem: wrongType(value, `a ${issue.expected}`), remedy: `write a ${issue.expected}` };
    case "too_small":
      return { problem: "is empty", remedy: "write at least one entry" };
    case "invalid_key":
      return splitMessage(issue.issues[0]?.message ?? "") ?? { problem: "is not a name", remedy: "rename it" };
    default:
      return {
        problem: `is refused: ${issue.message}`,
        remedy: "see docs/reference/settings.md for what this key accepts",
      };
  }
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );
}
