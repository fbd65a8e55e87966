import { loadEngine } from "../sandbox/lifecycle";
import { sandboxPaths } from "../sandbox/paths";
import { UserError } from "../settings/errors";
import { runCommand } from "./command";

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
