import { parseArgs, type ParseArgsConfig } from "node:util";

import { explainSystemError } from "../packages/sandbox/process/system-errors";
import { UserError } from "../kit/user-error";

type ParseArgsFlags = NonNullable<ParseArgsConfig["options"]>;

/** Flags, as node:util parseArgs describes them; `value` is how the usage line calls what a flag takes: `FILE`. */
export type Flags = Record<string, ParseArgsFlags[string] & { value?: string }>;

/** What a command was called with. */
export interface CommandCall {
  positionals: string[];
  /** A flag that may be repeated gives a list. */
  values: Record<string, string | boolean | string[] | undefined>;
}

/**
 * Runs one command of ours: checks how it was called, runs it, and turns a person's mistake, a full disk or a folder of
 * somebody else into a report on stderr and exit code 1. Any other error is a bug and keeps its stack.
 *
 * @param name as it is typed behind `npm run`
 * @param positionals names of the words it takes, each required but those in brackets: `[NODE]`
 * @param options the flags it takes
 * @param failureCode exit code of a mistake, for commands whose 1 is an answer
 */
export function runCommand(
  name: string,
  positionals: readonly string[],
  run: (call: CommandCall) => Promise<void>,
  options: Flags = {},
  failureCode = 1,
): void {
  void (async () => {
    try {
      const call = readCall(name, positionals, options, process.argv.slice(2));
      if (call === "help") console.log(`Usage: ${usage(name, positionals, options)}`);
      else await run(call);
    } catch (error) {
      process.exitCode = failureCode;
      const known = error instanceof UserError ? error : explainSystemError(error);
      console.error(known?.message ?? error);
    }
  })();
}

/** How a command is typed: `npm run render -- STACK [--out FILE]`. */
export function usage(name: string, positionals: readonly string[], options: Flags): string {
  const flags = Object.entries(options).map(
    ([flag, { type, value, multiple }]) =>
      `[--${flag}${type === "string" ? ` ${value ?? "VALUE"}` : ""}]${multiple === true ? "…" : ""}`,
  );
  const words = [...positionals, ...flags];
  return `npm run ${name}${words.length > 0 ? ` -- ${words.join(" ")}` : ""}`;
}

/**
 * What a command was called with, or `help` where `--help` is among the arguments.
 *
 * @throws UserError with the usage line where a word is missing or too many, or a flag is unknown
 */
export function readCall(
  name: string,
  expected: readonly string[],
  options: Flags,
  args: readonly string[],
): CommandCall | "help" {
  if (args.some((arg) => arg === "--help" || arg === "-h")) return "help";
  const refuse = (problem: string): UserError =>
    UserError.of(`npm run ${name}`, "", problem, `type: ${usage(name, expected, options)}`);
  try {
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true });
    const required = expected.filter((word) => !word.startsWith("["));
    if (positionals.length < required.length) throw refuse(`says no ${required[positionals.length] ?? ""}`);
    if (positionals.length > expected.length)
      throw refuse(`does not know what to do with ${positionals.slice(expected.length).join(" ")}`);
    return { positionals, values: values as CommandCall["values"] };
  } catch (error) {
    if (error instanceof TypeError) throw refuse(error.message);
    throw error;
  }
}
