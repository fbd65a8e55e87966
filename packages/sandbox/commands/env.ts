import { loadEngine } from "../start/lifecycle";
import { sandboxPaths } from "../paths";
import { UserError } from "../../../kit/user-error";
import { runCommand } from "../../../commands/command";

/**
 * `npm run sandbox:env`: the exports with which `pulumi preview` and `pulumi up`, typed by hand, work in the sandbox
 * and pass the policy pack. Use: eval "$(npm run --silent sandbox:env)"
 */
runCommand("sandbox:env", [], async () => {
  const paths = sandboxPaths();
  const engine = await loadEngine(paths);
  if (engine === undefined) throw UserError.of(paths.root, "", "there is no sandbox yet", "start one: npm start");
  for (const [name, value] of Object.entries(engine.env)) console.log(`export ${name}=${quote(value)}`);
});

function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
