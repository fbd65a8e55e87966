/** One thing that a person has to mend. */
export interface Problem {
  /** The file that holds the mistake (`Pulumi.production.yaml`), or what was asked (`Vault at https://…`). */
  file: string;
  /** The key in that file, as it is written there (`alloy:wal.path`); empty where the whole file is meant. */
  key: string;
  /** What is wrong, in one clause; never a secret's value. */
  problem: string;
  /** What to write or do instead. */
  remedy: string;
  /**
   * Nobody could find out what was asked: the command was called wrongly, a server does not answer or does not let us
   * look, a tool is missing. Commands then end with exit code 2. Without it the answer is no, and the exit code is 1.
   */
  cannotTell?: true;
}

/**
 * A mistake of a user, with everything wrong at once. Program and policy pack turn it into `pulumi.RunError` at one
 * place, the commands print it; any other error is a bug and keeps its stack.
 */
export class UserError extends Error {
  constructor(
    public readonly problems: readonly Problem[],
    /** What the mistake did to the deployment; most are found before anything is touched. */
    public readonly consequence = usualConsequence(problems),
  ) {
    super(formatProblems(problems, consequence));
    this.name = "UserError";
  }

  /** Short form for the one problem that most callers have. */
  static of(file: string, key: string, problem: string, remedy: string, consequence?: string): UserError {
    return new UserError([{ file, key, problem, remedy }], consequence);
  }

  /** The same for a question that nobody could answer; see {@link Problem.cannotTell}. */
  static cannotTell(file: string, key: string, problem: string, remedy: string, consequence?: string): UserError {
    return new UserError([{ file, key, problem, remedy, cannotTell: true }], consequence);
  }

  /** True if nothing is known to be wrong, and the question is open. One known mistake is not made unknown by the rest. */
  get cannotTell(): boolean {
    return nobodyCanTell(this.problems);
  }
}

const nobodyCanTell = (problems: readonly Problem[]): boolean =>
  problems.length > 0 && problems.every(({ cannotTell }) => cannotTell === true);

/** The words "nobody could look" tell whoever reads the engine's output that the question is open. */
const usualConsequence = (problems: readonly Problem[]): string =>
  nobodyCanTell(problems) ? "nobody could look, and nothing was deployed" : "nothing was deployed";

/** The report as it is printed: one block a problem, the place first so that an editor can jump to it. */
export function formatProblems(problems: readonly Problem[], consequence = usualConsequence(problems)): string {
  const head = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const blocks = problems.map((p) => {
    const place = [p.file, p.key].filter((part) => part !== "").join(": ");
    return `  ${place}\n    ${p.problem}\n    → ${p.remedy}`;
  });
  return [`${head}; ${consequence}.`, ...blocks].join("\n");
}
