import { readConfigValues } from "./read-config-values";
import { UserError, type Problem } from "../kit/user-error";
import { problemsOfIssue, withEnvironments } from "./schema-problems";
import { settingsSchema, type Settings } from "./schema";

/** The name of a stack without its organisation and project: `staging` of `acme/staging` and of `acme/alloy/staging`. */
export const stackName = (stack: string): string => stack.split("/").at(-1) ?? stack;

/** The file of a stack, as it lies beside Pulumi.yaml. */
export const stackFile = (stack: string): string => `Pulumi.${stackName(stack)}.yaml`;

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
  const parsed = settingsSchema.safeParse(input);
  const found = parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOfIssue(issue, input, file));
  const all = withoutEchoes(problems, found);
  if (parsed.success && all.length === 0) return parsed.data;
  throw new UserError(all.map((problem) => withEnvironments(problem, environments)));
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
