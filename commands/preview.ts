import { runCommand } from "./command";
import { previewOrUp } from "../operations/preview-and-up";
import { resolveStack } from "../operations/stack-context";

/** `npm run preview -- STACK [--diff]`: what `up` would do, with the policy pack. Changes nothing. */
runCommand(
  "preview",
  ["STACK"],
  async ({ positionals: [stack = ""], values }) => {
    const flags = values["diff"] === true ? ["--diff"] : [];
    process.exitCode = (await previewOrUp(await resolveStack(stack), "preview", flags)).exitCode;
  },
  { diff: { type: "boolean" } },
);
