import { runCommand } from "./command";
import { runStackCommand } from "./stack-command";

/** `npm run preview -- STACK [--diff]`: what `up` would do, with the policy pack. Changes nothing. */
runCommand(
  "preview",
  ["STACK"],
  async ({ positionals: [stack = ""], values }) => {
    process.exitCode = await runStackCommand("preview", stack, values["diff"] === true ? ["--diff"] : []);
  },
  { diff: { type: "boolean" } },
);
