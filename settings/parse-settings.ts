import type { z } from "zod";

import { readConfigValues } from "./read-config-values";
import { UserError, type Problem } from "../kit/user-error";
import { problemsOfIssue, withEnvironments } from "./schema-problems";
import { settingsSchema, type Settings } from "./schema";

/** A stack's own name, without the organisation and project that Pulumi Cloud puts in front: `staging`. */
export const shortStackName = (stack: string): string => /^(?:[\w-][\w.-]*\/){1,2}([^/]+)$/.exec(stack)?.[1] ?? stack;

/** The file of a stack, as it lies beside Pulumi.yaml: Pulumi.staging.yaml for `org/project/staging`, too. */
export const stackFile = (stack: string): string => `Pulumi.${shortStackName(stack)}.yaml`;

/**
 * Stack config to settings, pure.
 *
 * @param config what `pulumi.runtime.allConfig()` gives: `alloy:key` to text, objects as JSON text; keys of other
 *   namespaces are looked at too
 * @param file the stack's file, for the messages
 * @param secretKeys keys that are encrypted in that file; their values are never looked at
 * @param environments Pulumi ESC environments that add to the config, but not here
 * @throws UserError with everything that is wrong, at once
 */
export function parseSettings(
  config: Readonly<Record<string, string>>,
  file: string,
  secretKeys: ReadonlySet<string> = new Set(),
  environments: readonly string[] = [],
): Settings {
  const { input, problems } = readConfigValues(config, secretKeys, file);
  const checked = checkSettings(settingsSchema, input, file, problems);
  if (checked.settings === undefined)
    throw new UserError(checked.problems.map((problem) => withEnvironments(problem, environments)));
  return checked.settings;
}

/** Valid settings, or all that is wrong. */
export type CheckedSettings =
  { settings: Settings; problems?: undefined } | { settings?: undefined; problems: Problem[] };

/**
 * Asks a schema, pure.
 *
 * @param place where the input was written, for the messages
 * @param unreadable what was wrong before the schema could look
 */
export function checkSettings(
  schema: z.ZodType<Settings>,
  input: unknown,
  place: string,
  unreadable: readonly Problem[],
): CheckedSettings {
  const parsed = schema.safeParse(input);
  const found = parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOfIssue(issue, input, place));
  const problems = withoutEchoes(unreadable, found);
  return parsed.success && problems.length === 0 ? { settings: parsed.data } : { problems };
}

/**
 * A key that could not be read, or that is misspelt, is also missing where it belongs: one mistake, one problem.
 */
function withoutEchoes(unreadable: readonly Problem[], found: readonly Problem[]): Problem[] {
  const accounted = new Set(unreadable.map(({ key }) => key));
  for (const { key, remedy } of found) {
    const meant = /^did you mean (\w+)\?/.exec(remedy)?.[1];
    if (meant) accounted.add(key.replace(/\w+$/, meant));
  }
  const echo = ({ key, problem }: Problem) => accounted.has(key) && problem.startsWith("is missing");
  return [...unreadable, ...found.filter((problem) => !echo(problem))];
}
