import * as readline from "node:readline/promises";

import { UserError } from "../kit/user-error";

/** Asks a question that only `y` or `yes` affirms. Throws where there is no terminal to ask on. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw UserError.of("standard input", "", "is no terminal, so nobody can be asked", "add --yes, once you are sure");
  const terminal = readline.createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
