import { deploy } from "../operations/deploy";
import { confirm } from "./confirm";
import { runCommand } from "./command";

/**
 * `npm run up -- STACK [--yes] [--force] [--restore]`: shows what will change, asks, and does it, with the policy pack.
 * Without a terminal it needs `--yes`. Unless forced, pods are not rolled while collectors hold lines that Loki does not
 * take, and no credential is handed to them that Loki or Prometheus refuses. Afterwards it waits for the nodes that
 * `rollout.await` says, and until each collector has sent a line. `--restore` also puts back what was changed by hand
 * (`npm run drift` shows it).
 */
runCommand(
  "up",
  ["STACK"],
  async ({ positionals: [stack = ""], values }) => {
    process.exitCode = await deploy(stack, {
      force: values["force"] === true,
      restore: values["restore"] === true,
      confirm: () => (values["yes"] === true ? Promise.resolve(true) : confirm(`Deploy this to ${stack}?`)),
      tell: (text) => console.error(text),
    });
  },
  { yes: { type: "boolean" }, force: { type: "boolean" }, restore: { type: "boolean" } },
);
