/** A word that a verb takes by its place. */
export interface ArgumentData {
  /** What it is, for `--help` and the reference. */
  meaning: string;
  optional?: true;
  /** The words that are taken; any by default. */
  choices?: readonly string[];
}

/** A flag of a verb. */
export interface FlagData {
  /** What it does, for `--help` and the reference. */
  meaning: string;
  /** What it takes, as the usage line calls it: `FILE`. Without it the flag is a switch. */
  value?: string;
  /** It may be given several times. */
  many?: true;
  /** What holds without it, in words; the verb itself applies it. */
  default?: string;
  /** The values that are taken; any by default. */
  choices?: readonly string[];
}

type Arguments = Record<string, ArgumentData>;
type Flags = Record<string, FlagData>;

/** What a verb was called with, by the names in its data. */
export interface Call<A extends Arguments = Arguments, F extends Flags = Flags> {
  arguments: { [K in keyof A]: A[K] extends { optional: true } ? string | undefined : string };
  flags: {
    [K in keyof F]: F[K] extends { value: string }
      ? F[K] extends { many: true }
        ? string[]
        : string | undefined
      : boolean;
  };
  /** Standard output is read by a script: nothing but the answer's JSON may go there. */
  json: boolean;
}

/** 0: fine. 1: the answer is no. 2: nobody could find out. */
export type ExitCode = 0 | 1 | 2;

/** What a verb has found out. */
export interface Answer {
  /** 0 by default. */
  exitCode?: ExitCode;
  /** For a person, on standard output. */
  text?: string;
  /** For a script, on standard output, if `--json` was given. */
  json?: unknown;
}

/** One command: everything that help, usage lines, the reference and the parser know of it, and what it does. */
export interface Verb<A extends Arguments = Arguments, F extends Flags = Flags> {
  /** `new-stack` */
  name: string;
  /** How it is typed, if it is not `npx alloyctl NAME`: `npm run sandbox:status`. */
  typed?: string;
  /** One line, for the list of all verbs. */
  summary: string;
  /** Whole paragraphs: what it does, what it changes, what it never does. */
  description: readonly string[];
  arguments: A;
  flags: F;
  /** What `--json` prints; a verb without this text has no such flag. */
  json?: string;
  /** Lines to copy, each with what it is for. */
  examples: readonly { line: string; meaning: string }[];
  /** What its exit codes mean. 2 is the same for all verbs, unless it is said here. */
  exitCodes: { 0: string; 1: string; 2?: string };
  /** Whatever keeps the verb from its work is no answer: each error ends it with 2, and 1 is for what `run` returns. */
  errorsAreNoAnswer?: true;
  run: (call: Call<A, F>) => Promise<Answer>;
}

/** Declares a verb; the call that `run` is given has the types of the data beside it. */
export function defineVerb<const A extends Arguments, const F extends Flags>(verb: Verb<A, F>): Verb {
  return verb as unknown as Verb;
}

/** What exit code 2 means if a verb says nothing else. */
export const couldNotFindOut =
  "nobody could find out: a wrong call, a server that cannot be reached or refuses to be read, a missing tool";

/** How a verb is typed, without its words: `npx alloyctl drift`. */
export const typedName = ({ name, typed }: Verb): string => typed ?? `npx alloyctl ${name}`;

/** The usage line: `npx alloyctl render STACK [--out FILE]`. */
export function usageOf(verb: Verb): string {
  const words = Object.entries(verb.arguments).map(([name, { optional, choices }]) => {
    const word = choices?.join("|") ?? name.toUpperCase();
    return optional === true ? `[${word}]` : word;
  });
  const flags = Object.entries(flagsOf(verb)).map(
    ([name, { value, many }]) => `[--${name}${value === undefined ? "" : ` ${value}`}]${many === true ? "…" : ""}`,
  );
  const rest = [...words, ...flags];
  // npm keeps flags for itself unless two dashes come before them.
  const dashes = verb.typed !== undefined && rest.length > 0 ? ["--"] : [];
  return [typedName(verb), ...dashes, ...rest].join(" ");
}

/** A verb's flags, with `--json` if it has one. */
export const flagsOf = ({ flags, json }: Verb): Flags => ({
  ...flags,
  ...(json !== undefined && { json: { meaning: `Print JSON for a script: ${json}` } }),
});
