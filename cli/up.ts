import { confirm } from "./confirm";
import { runCommand } from "./command";
import { lookAt, refuseWhileRetrying, rollsPods, startsPods, waitForLines } from "./rollout-guard";
import { runStackCommand } from "./stack-command";

const tell = (text: string): void => console.error(text);

/**
 * `npm run up -- STACK [--yes] [--force]`: shows what will change, asks, and does it, with the policy pack. Without a
 * terminal it needs `--yes`. Pods are not rolled while collectors hold lines that Loki does not take, unless forced;
 * afterwards it waits until each collector has sent a line.
 */
runCommand(
  "up",
  ["STACK"],
  async ({ positionals: [stack = ""], values }) => {
    // Also where nobody is asked: the rules about the whole stack run at the end of an update, when it is too late, but
    // at the end of a preview nothing has happened yet.
    const preview = await runStackCommand("preview", stack, []);
    if (preview.exitCode !== 0 || (values["yes"] !== true && !(await confirm(`Deploy this to ${stack}?`)))) {
      process.exitCode = preview.exitCode === 0 ? 1 : preview.exitCode;
      return;
    }
    const { file, readCollectors, settings } = preview;
    if (settings.logs.enabled && rollsPods(preview.output) && values["force"] !== true)
      await refuseWhileRetrying(file, readCollectors, tell);
    const watched = settings.logs.enabled && startsPods(preview.output);
    // A first deployment finds nobody to ask.
    const before = watched ? ((await lookAt(readCollectors, tell)) ?? []) : [];
    const { exitCode } = await runStackCommand("up", stack, ["--yes", "--skip-preview"]);
    process.exitCode = exitCode;
    if (exitCode === 0 && watched) await waitForLines(file, readCollectors, before, tell);
  },
  { yes: { type: "boolean" }, force: { type: "boolean" } },
);
