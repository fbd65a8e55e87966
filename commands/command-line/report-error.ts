import { reportIn } from "../../kit/carried-report";
import type { UserError } from "../../kit/user-error";
import { typedName, type Answer, type Verb } from "./verb";

/** Turns an error into the report of a person's mistake, if it is one; undefined for any other. */
export type ExplainError = (error: unknown) => UserError | undefined;

/** What an error does to a command: its exit code, what a person reads on standard error, and what a script reads. */
export interface Failure extends Required<Pick<Answer, "exitCode">> {
  report: string;
  json: unknown;
}

/**
 * Every error of every command goes through here. What a person can mend is a report without a stack. Anything else is
 * a mistake in this program: the report says so, and holds the stack for whoever files it.
 */
export function failureOf(error: unknown, verb: Verb, explain: ExplainError): Failure {
  const known = reportIn(error) ?? explain(error);
  if (known !== undefined) {
    const { problems, consequence, message } = known;
    const shown = problems.map(({ file, key, problem, remedy }) => ({ file, key, problem, remedy }));
    return {
      exitCode: known.cannotTell || verb.errorsAreNoAnswer === true ? 2 : 1,
      report: message,
      json: { problems: shown, consequence },
    };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return {
    exitCode: 2,
    report: [
      `${typedName(verb)} met a mistake in this program, not of yours: ${message}`,
      "Please report it, with the command as you typed it and these lines:",
      ...(stack ?? message).split("\n").map((line) => `  ${line}`),
    ].join("\n"),
    json: { mistakeInTheProgram: message },
  };
}
