import * as fs from "node:fs";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { UserError } from "../../kit/user-error";

/** Which stack is meant, and where its file is. */
export interface StackPlace {
  /** As it was typed, for the engine: `staging`, `org/staging` or `org/project/staging`. */
  stack: string;
  /** The folder of Pulumi.yaml and of the stack's file. */
  folder: string;
}

/**
 * Reads the word STACK. The stack's folder is the current one if that holds the Pulumi.yaml of this project, so that the
 * stack files can be kept beside another checkout; else it is the checkout.
 *
 * @throws UserError if it cannot be the name of a stack
 */
export function stackPlace(word: string, cwd: string = process.cwd()): StackPlace {
  const parts = word.split("/");
  if (parts.length > 3 || !parts.every((part) => /^[\w.-]{1,100}$/.test(part)))
    throw UserError.cannotTell(
      "STACK",
      "",
      `${JSON.stringify(word)} cannot be the name of a stack`,
      "write NAME, ORG/NAME or ORG/PROJECT/NAME, of letters, digits, dots, dashes and underscores",
      "nothing was done",
    );
  return { stack: word, folder: stackFolder(cwd) };
}

/** The folder whose stacks are meant. */
export function stackFolder(cwd: string = process.cwd()): string {
  return projectName(cwd) === projectName(repoRoot) ? cwd : repoRoot;
}

/** The name in a folder's Pulumi.yaml, undefined if there is none. */
function projectName(folder: string): string | undefined {
  const file = path.join(folder, "Pulumi.yaml");
  if (!fs.existsSync(file)) return undefined;
  return /^name:\s*["']?([\w.-]+)/m.exec(fs.readFileSync(file, "utf8"))?.[1];
}
