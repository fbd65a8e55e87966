import { awaitRollout, downNodes, withNodes } from "../operations/rollout/await-rollout";
import { readStates } from "../operations/collectors/find";
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
import { bringsCredential, tryStoredCredentials } from "../operations/rotation/try-stored-credential";
import { previewOrUp } from "../operations/preview-and-up";
import { resolveStack } from "../operations/stack-context";

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
    // Whoever changed a field by hand owns it now: only a forced apply takes it back. Never otherwise: a conflict is
    // how a second program that applies Alloy shows.
    const context = await resolveStack(stack, restore ? { PULUMI_K8S_ENABLE_PATCH_FORCE: "true" } : {});
    const { file, settings } = context;
    const drifts = restore ? ((await findDrift(context)) ?? []) : [];
    if (drifts.length > 0) console.log(`changed by hand, and put back:\n${driftTable(drifts)}\n`);
    const refresh = restore ? ["--refresh"] : [];
    // Also where nobody is asked: the rules about the whole stack run at the end of an update, when it is too late, but
    // at the end of a preview nothing has happened yet.
    const preview = await previewOrUp(context, "preview", refresh);
    if (preview.exitCode !== 0 || (values["yes"] !== true && !(await confirm(`Deploy this to ${stack}?`)))) {
      process.exitCode = preview.exitCode === 0 ? 1 : preview.exitCode;
      return;
    }
    // A collector on a node that is down answers nobody, and says nothing of the others.
    let leftOut = settings.logs.enabled ? await downNodes(context) : [];
    const readCollectors = (): Promise<CollectorState[]> => readStates(context.findCollectors, leftOut);
    if (settings.logs.enabled && rollsPods(preview.output) && values["force"] !== true)
      await refuseWhileRetrying(file, readCollectors, tell);
    if (bringsCredential(preview.output) && values["force"] !== true) await tryStoredCredentials(context, tell);
    const watched = settings.logs.enabled && startsPods(preview.output);
    // A first deployment finds nobody to ask.
    const before = watched ? ((await lookAt(readCollectors, tell)) ?? []) : [];
    for (const object of await removeAdditions(drifts, context.cluster))
      console.log(`taken out of ${object}: what was added`);
    let run;
    try {
      run = await previewOrUp(context, "up", [...refresh, "--yes", "--skip-preview"]);
    } catch (error) {
      throw await withNodes(error, context);
    }
    process.exitCode = run.exitCode;
    if (run.exitCode !== 0) return;
    leftOut = await awaitRollout(context);
    if (watched) await waitForLines(file, readCollectors, before, tell);
  },
  { yes: { type: "boolean" }, force: { type: "boolean" }, restore: { type: "boolean" } },
);
