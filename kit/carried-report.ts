import { UserError } from "./user-error";

/**
 * A report for a person that another error stands for: Pulumi's SDK ends a run by an error of its own class, and what
 * prints a command's failure must not take that for a mistake of the program.
 */
const reports = new WeakMap<Error, UserError>();

/** Notes what an error stands for, and gives the error back. */
export function carryReport<E extends Error>(error: E, report: UserError): E {
  reports.set(error, report);
  return error;
}

/** The report that an error is, stands for, or was caused by; undefined for any other error. */
export function reportIn(error: unknown): UserError | undefined {
  if (error instanceof UserError) return error;
  if (!(error instanceof Error)) return undefined;
  return reports.get(error) ?? reportIn(error.cause);
}
