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
}

/**
 * A mistake of a user, with everything wrong at once. Program and policy pack turn it into `pulumi.RunError` at one
 * place, the commands print it; any other error is a bug and keeps its stack.
 */
export class UserError extends Error {
  constructor(
    public readonly problems: readonly Problem[],
    /** What the mistake did to the deployment; most are found before anything is touched. */
    public readonly consequence = "nothing was deployed",
  ) {
    super(formatProblems(problems, consequence));
    this.name = "UserError";
  }

  /** Short form for the one problem that most callers have. */
  static of(file: string, key: string, problem: string, remedy: string, consequence?: string): UserError {
    return new UserError([{ file, key, problem, remedy }], consequence);
  }
}

/** The report as it is printed: one block a problem, the place first so that an editor can jump to it. */
export function formatProblems(problems: readonly Problem[], consequence = "nothing was deployed"): string {
  const head = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const blocks = problems.map((p) => {
    const place = [p.file, p.key].filter((part) => part !== "").join(": ");
    return `  ${place}\n    ${p.problem}\n    → ${p.remedy}`;
  });
  return [`${head}; ${consequence}.`, ...blocks].join("\n");
}
