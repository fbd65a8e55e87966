import { confirm } from "./confirm";
import { runCommand } from "./command";
import { runStackCommand } from "./stack-command";

/**
 * `npm run up -- STACK [--yes]`: shows what will change, asks, and does it, with the policy pack. Without a terminal it
 * needs `--yes`.
 */
runCommand(
  "up",
  ["STACK"],
  async ({ positionals: [stack = ""], values }) => {
    // Also where nobody is asked: the rules about the whole stack run at the end of an update, when it is too late, but
    // at the end of a preview nothing has happened yet.
    const exitCode = await runStackCommand("preview", stack, []);
    if (exitCode !== 0 || (values["yes"] !== true && !(await confirm(`Deploy this to ${stack}?`)))) {
      process.exitCode = exitCode === 0 ? 1 : exitCode;
      return;
    }
    process.exitCode = await runStackCommand("up", stack, ["--yes", "--skip-preview"]);
  },
  { yes: { type: "boolean" } },
);
