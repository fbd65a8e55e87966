import { UserError } from "../../kit/user-error";

/**
 * Asks a question on the terminal; only a yes is a yes. Ctrl-C is a no.
 *
 * @throws UserError if there is no terminal to ask on
 */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw UserError.cannotTell(
      "standard input",
      "",
      "is no terminal, so nobody can be asked",
      "add --yes, once you are sure",
      "nothing was changed",
    );
  const { default: ask } = await import("@inquirer/confirm");
  try {
    return await ask({ message: question, default: false }, { output: process.stderr });
  } catch (error) {
    if (error instanceof Error && error.name === "ExitPromptError") return false;
    throw error;
  }
}
