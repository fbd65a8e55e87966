import * as fs from "node:fs";
import * as path from "node:path";
import * as readline from "node:readline/promises";

import { UserError, type Problem } from "../../kit/user-error";
import { stackFile } from "../../settings/parse-settings";
import { checkStackText } from "./check-stack-text";
import { questions } from "./questions";
import { newStackText, type StackAnswers } from "./stack-file-text";

/**
 * Writes Pulumi.NAME.yaml. On a terminal it asks for what was not given; without one, an answer that has no usual value
 * has to be given. The file is checked before it is written.
 *
 * @param given by the name of the flag
 * @returns what to do next, for a person
 * @throws UserError if the name cannot be, the stack is there already, an answer is missing, or the file would be refused
 */
export async function createStack(
  stack: string,
  folder: string,
  given: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const file = stackFile(stack);
  const place = path.join(folder, file);
  const refuse = (problem: string, remedy: string): UserError =>
    UserError.of(file, "", problem, remedy, "nothing was written");
  // The engine's own rule for names of stacks.
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(stack))
    throw refuse(`${JSON.stringify(stack)} cannot be a stack's name`, "use letters, digits, dots, dashes, underscores");
  if (fs.existsSync(place)) throw refuse("exists already", "choose another name, or edit the file");
  const known = Object.fromEntries(
    questions.flatMap(({ answer, flag }) => (given[flag] === undefined ? [] : [[answer, given[flag]]])),
  ) as Partial<StackAnswers>;
  const answers = process.stdin.isTTY ? await askFor(known, stack) : fillIn(known, stack);
  const text = newStackText(answers);
  checkStackText(stack, text);
  fs.writeFileSync(place, text, { flag: "wx" });
  return [
    text,
    `${file} is written. Next:`,
    `  npm run golden:update         # what it declares, as tests/golden/${stack}.json, to be committed`,
    `  npx alloyctl preview ${stack}`,
  ].join("\n");
}

async function askFor(given: Partial<StackAnswers>, stack: string): Promise<StackAnswers> {
  const terminal = readline.createInterface({ input: process.stdin, output: process.stderr });
  const answers = { ...given };
  try {
    for (const { answer, ask, usual, applies } of questions) {
      if (answers[answer] !== undefined || applies?.(answers) === false) continue;
      const without = usual?.(answers, stack);
      let text = "";
      do {
        text = (await terminal.question(`${ask}${without === undefined ? "" : ` [${without}]`}: `)).trim();
      } while (text === "" && without === undefined);
      answers[answer] = text === "" ? without : text;
    }
  } finally {
    terminal.close();
  }
  return complete(answers);
}

function fillIn(given: Partial<StackAnswers>, stack: string): StackAnswers {
  const answers = { ...given };
  const missing: Problem[] = [];
  for (const { answer, flag, ask, usual, applies } of questions) {
    if (answers[answer] !== undefined || applies?.(answers) === false) continue;
    if (usual === undefined)
      missing.push({
        file: "npx alloyctl new-stack",
        key: `--${flag}`,
        problem: "is missing",
        remedy: `add it: ${ask}`,
        cannotTell: true,
      });
    else answers[answer] = usual(answers, stack);
  }
  if (missing.length > 0) throw new UserError(missing, "nothing was written");
  return complete(answers);
}

function complete(answers: Partial<StackAnswers>): StackAnswers {
  return Object.fromEntries(questions.map(({ answer }) => [answer, answers[answer] ?? ""])) as unknown as StackAnswers;
}
