import { loadEngine } from "../start/lifecycle";
import { sandboxPaths } from "../paths";
import { UserError } from "../../../kit/user-error";
import { defineVerb } from "../../../commands/command-line/verb";

export const verb = defineVerb({
  name: "env",
  typed: "npm run sandbox:env",
  summary: "Print the exports that let pulumi, kubectl and vault use the sandbox",
  description: [
    "Prints one export line for each variable. In a shell that has them, pulumi preview and pulumi up work on the " +
      "sandbox's stack and pass the policy pack. The lines hold secrets of the sandbox.",
  ],
  arguments: {},
  flags: {},
  examples: [{ line: 'eval "$(npm run --silent sandbox:env)"', meaning: "use the sandbox by hand" }],
  exitCodes: { 0: "the lines are printed", 1: "there is no sandbox yet" },
  run: async () => {
    const paths = sandboxPaths();
    const engine = await loadEngine(paths);
    if (engine === undefined) throw UserError.of(paths.root, "", "there is no sandbox yet", "start one: npm start");
    const lines = Object.entries(engine.env).map(([name, value]) => `export ${name}=${quote(value)}`);
    return { text: lines.join("\n") };
  },
});

function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
