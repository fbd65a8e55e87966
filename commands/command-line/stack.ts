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

/** The name in Pulumi.yaml: the settings of a stack are its keys `alloy:…`. */
const project = "alloy";

/**
 * The folder whose stacks are meant.
 *
 * @throws UserError if there is none: the package is installed, and the current folder is not the project's
 */
export function stackFolder(cwd: string = process.cwd()): string {
  const folder = [cwd, repoRoot].find(holdsProject);
  if (folder !== undefined) return folder;
  throw UserError.cannotTell(
    cwd,
    "",
    `has no Pulumi.yaml whose name is ${project}`,
    "change to the folder that holds the stacks' files",
    "nothing was done",
  );
}

function holdsProject(folder: string): boolean {
  const file = path.join(folder, "Pulumi.yaml");
  if (!fs.existsSync(file)) return false;
  return /^name:\s*["']?([\w.-]+)/m.exec(fs.readFileSync(file, "utf8"))?.[1] === project;
}
