import type { Problem } from "../kit/user-error";

/** Where an error came from, for the words of its explanation. */
export interface ErrorPlace {
  /** The stack's file, `Pulumi.production.yaml`. */
  stackFile: string;
  vault?: { address: string; mount: string; path: string };
  context?: string;
}

/** One message and its explanation. */
export interface KnownError {
  /** Matches the message as the provider or the engine words it; its groups go to `toProblem`. */
  pattern: RegExp;
  toProblem: (match: RegExpMatchArray, place: ErrorPlace) => Problem;
  /** The message says nothing of the stack: nobody could look. See Problem.cannotTell. */
  cannotTell?: true;
}

/** A problem that a line of the stack's file cures. */
export const inStackFile = (place: ErrorPlace, key: string, problem: string, remedy: string): Problem => ({
  file: place.stackFile,
  key,
  problem,
  remedy,
});

/** What is behind the last colon: Go puts the cause there. */
export const causeOf = (text = ""): string => text.trim().split(": ").at(-1) ?? "";
