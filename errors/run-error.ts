import * as pulumi from "@pulumi/pulumi";

import { carryReport } from "../kit/carried-report";
import { UserError } from "../kit/user-error";
import { inWordsOf } from "../settings/argument-place";

/**
 * What ends the program's run because of a user's mistake: the engine prints a RunError as it stands, and any other
 * error with its stack. An error that is no mistake of a user is given back as it is.
 *
 * @param place where the settings stand: a stack's file, or the component of somebody else's program
 */
export function runError(error: unknown, place: string): unknown {
  if (!(error instanceof UserError)) return error;
  const report = new UserError(inWordsOf(place, error.problems), error.consequence);
  const { message } = report;
  const ended = carryReport(new pulumi.RunError(message), report);
  // A program whose last line has run is over for the SDK, although its resources are not: what fails from then on is
  // printed by its stack, a RunError too (cmd/run/index.ts).
  ended.stack = message;
  return ended;
}

/** Does the work, and ends the run where a {@link UserError} is thrown. */
export function orRunError<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw runError(error, place);
  }
}

/** Warns of a setting. The settings are valid, and the run goes on. */
export function warnAt(place: string, key: string, problem: string, remedy: string, resource: pulumi.Resource): void {
  for (const said of inWordsOf(place, [{ file: place, key, problem, remedy }]))
    void pulumi.log.warn(`${said.file}: ${said.key} ${said.problem}\n→ ${said.remedy}`, resource);
}
