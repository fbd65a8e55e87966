import { runCommand } from "./command";
import { runStackCommand } from "../operations/stack-context";

/** `npm run preview -- STACK [--diff]`: what `up` would do, with the policy pack. Changes nothing. */
runCommand(
  "preview",
  ["STACK"],
  async ({ positionals: [stack = ""], values }) => {
    const flags = values["diff"] === true ? ["--diff"] : [];
    process.exitCode = (await runStackCommand("preview", stack, flags)).exitCode;
  },
  { diff: { type: "boolean" } },
);
