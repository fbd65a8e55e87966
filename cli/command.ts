import { parseArgs, type ParseArgsConfig } from "node:util";

import { UserError } from "../settings/errors";

/** Flags, as node:util parseArgs describes them. */
export type Flags = NonNullable<ParseArgsConfig["options"]>;

/** What a command was called with. */
export interface CommandCall {
  positionals: string[];
  values: Record<string, string | boolean | undefined>;
}

/**
 * Runs one command of ours: checks how it was called, runs it, and turns a person's mistake into a report on stderr and
 * exit code 1. Any other error is a bug and keeps its stack.
 *
 * @param name as it is typed behind `npm run`
 * @param positionals names of the words it takes, each required
 * @param options the flags it takes
 */
export function runCommand(
  name: string,
  positionals: readonly string[],
  run: (call: CommandCall) => Promise<void>,
  options: Flags = {},
): void {
  void (async () => {
    try {
      await run(readCall(name, positionals, options));
    } catch (error) {
      process.exitCode = 1;
      if (error instanceof UserError) console.error(error.message);
      else console.error(error);
    }
  })();
}

function readCall(name: string, expected: readonly string[], options: Flags): CommandCall {
  const flags = Object.entries(options).map(([flag, { type }]) => `[--${flag}${type === "string" ? " VALUE" : ""}]`);
  const words = [...expected, ...flags];
  const usage = `npm run ${name}${words.length > 0 ? ` -- ${words.join(" ")}` : ""}`;
  const refuse = (problem: string): UserError => UserError.of(`npm run ${name}`, "", problem, `type: ${usage}`);
  try {
    const { positionals, values } = parseArgs({ args: process.argv.slice(2), options, allowPositionals: true });
    if (positionals.length < expected.length) throw refuse(`says no ${expected[positionals.length] ?? ""}`);
    if (positionals.length > expected.length)
      throw refuse(`does not know what to do with ${positionals.slice(expected.length).join(" ")}`);
    return { positionals, values: values as CommandCall["values"] };
  } catch (error) {
    if (error instanceof TypeError) throw refuse(error.message);
    throw error;
  }
}
