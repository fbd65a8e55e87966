import assert from "node:assert/strict";

import type { CommandResult } from "./command";

/** One report of ours, as it was printed: by a command, or by the engine for the program. */
export interface ToldProblem {
  /** `nothing was deployed`, or what else the mistake did. */
  consequence: string;
  place: string;
  problem: string;
  remedy: string;
}

const report = /\d+ problems?; ([^\n]+)\.\n\s+(\S[^\n]*)\n\s+(\S[^\n]*)\n\s+→ ([^\n]+)/g;

/** The last report in what was printed: a command's own comes behind the engine's words. */
export function problemIn(output: string): ToldProblem {
  const found = [...output.matchAll(report)].at(-1);
  assert.ok(found, `no report of ours in:\n${output}`);
  const [, consequence = "", place = "", problem = "", remedy = ""] = found.map((part) => part.trim());
  return { consequence, place, problem, remedy };
}

/** A command that has failed as a person's mistake does: a report, an exit code, no stack. */
export function assertStopped(result: CommandResult): ToldProblem {
  assert.notEqual(result.exitCode, 0, result.output);
  assert.doesNotMatch(result.output, /^ +at .+:\d+/m, "a stack trace is printed");
  return problemIn(result.output);
}
