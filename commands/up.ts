import { awaitRollout, downNodes, withNodes } from "../operations/rollout/await-rollout";
import type { CollectorState } from "../operations/collectors/state";
import { confirm } from "./confirm";
import { runCommand } from "./command";
import { driftTable } from "../operations/drift/findings";
import { findDrift, removeAdditions } from "../operations/drift/find-drift";
import {
  lookAt,
  refuseWhileRetrying,
  rollsPods,
  startsPods,
  waitForLines,
} from "../operations/rollout/refuse-while-retrying";
import { bringsCredential, tryHeldCredentials } from "../operations/rotation/try-stored-credential";
import { runStackCommand } from "../operations/stack-context";

const tell = (text: string): void => console.error(text);

/**
 * `npm run up -- STACK [--yes] [--force] [--restore]`: shows what will change, asks, and does it, with the policy pack. Without a
 * terminal it needs `--yes`. Unless forced, pods are not rolled while collectors hold lines that Loki does not take, and
 * no credential is handed to them that Loki or Prometheus refuses. Afterwards it waits for the nodes that `rollout.await` says, and until each collector has sent a line. `--restore` also
 * puts back what was changed by hand (`npm run drift` shows it).
 */
runCommand(
  "up",
  ["STACK"],
  async ({ positionals: [stack = ""], values }) => {
    const restore = values["restore"] === true;
    const drifts = restore ? ((await findDrift(stack)) ?? []) : [];
    if (drifts.length > 0) console.log(`changed by hand, and put back:\n${driftTable(drifts)}\n`);
    // Whoever changed a field by hand owns it now: only a forced apply takes it back. Never otherwise: a conflict is
    // how a second program that applies Alloy shows.
    const env: Record<string, string> = restore ? { PULUMI_K8S_ENABLE_PATCH_FORCE: "true" } : {};
    const refresh = restore ? ["--refresh"] : [];
    // Also where nobody is asked: the rules about the whole stack run at the end of an update, when it is too late, but
    // at the end of a preview nothing has happened yet.
    const preview = await runStackCommand("preview", stack, refresh, env);
    if (preview.exitCode !== 0 || (values["yes"] !== true && !(await confirm(`Deploy this to ${stack}?`)))) {
      process.exitCode = preview.exitCode === 0 ? 1 : preview.exitCode;
      return;
    }
    const { file, settings } = preview;
    // A collector on a node that is down answers nobody, and says nothing of the others.
    let leftOut = settings.logs.enabled ? await downNodes(settings, preview.env) : [];
    const readCollectors = (): Promise<CollectorState[]> => preview.readCollectors(leftOut);
    if (settings.logs.enabled && rollsPods(preview.output) && values["force"] !== true)
      await refuseWhileRetrying(file, readCollectors, tell);
    if (bringsCredential(preview.output) && values["force"] !== true)
      await tryHeldCredentials(settings, preview.env, tell);
    const watched = settings.logs.enabled && startsPods(preview.output);
    // A first deployment finds nobody to ask.
    const before = watched ? ((await lookAt(readCollectors, tell)) ?? []) : [];
    for (const object of await removeAdditions(drifts, settings, preview.env))
      console.log(`taken out of ${object}: what was added`);
    let run;
    try {
      run = await runStackCommand("up", stack, [...refresh, "--yes", "--skip-preview"], env);
    } catch (error) {
      throw await withNodes(error, settings, preview.env);
    }
    process.exitCode = run.exitCode;
    if (run.exitCode !== 0) return;
    leftOut = await awaitRollout(stack, settings, preview.env);
    if (watched) await waitForLines(file, readCollectors, before, tell);
  },
  { yes: { type: "boolean" }, force: { type: "boolean" }, restore: { type: "boolean" } },
);
