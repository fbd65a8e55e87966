import { readStates } from "./collectors/find";
import type { CollectorState } from "./collectors/state";
import { findDrift, removeAdditions } from "./drift/find-drift";
import { driftTable } from "./drift/findings";
import { exitCodeOfRun } from "./engine/exit-code";
import { previewOrUp } from "./preview-and-up";
import { awaitRollout, downNodes, withNodes } from "./rollout/await-rollout";
import { lookAt, refuseWhileRetrying, rollsPods, startsPods, waitForLines } from "./rollout/refuse-while-retrying";
import { bringsCredential, tryStoredCredentials } from "./rotation/try-stored-credential";
import { resolveStack } from "./stack-context";

/** How `up` is done. */
export interface DeployOptions {
  /** Whoever is asked between the preview and the update. */
  ask: (question: string) => Promise<boolean>;
  /** Roll pods although collectors hold lines, and hand out a credential that was refused. */
  force: boolean;
  /** Put back what was changed by hand. */
  restore: boolean;
}

const tell = (text: string): void => console.error(text);

/**
 * Previews a stack, asks, and deploys it. Unless forced, no pod is rolled while a collector holds lines that Loki does
 * not take, and no credential is handed out that Loki or Prometheus refuses. Afterwards it waits for the nodes that
 * `rollout.await` says, and until each collector has sent a line.
 *
 * @returns exit code 0 if everything is deployed and sends; 1 if the answer or the engine said no; 2 if nobody could look
 * @throws UserError if something is refused, before or after
 */
export async function deployStack(
  { stack, folder }: { stack: string; folder: string },
  { ask, force, restore }: DeployOptions,
): Promise<0 | 1 | 2> {
  // Whoever changed a field by hand owns it now: only a forced apply takes it back. Never otherwise: a conflict is
  // how a second program that applies Alloy shows.
  const context = await resolveStack(stack, restore ? { PULUMI_K8S_ENABLE_PATCH_FORCE: "true" } : {}, folder);
  const { file, settings } = context;
  const drifts = restore ? await findDrift(context) : [];
  if (drifts.length > 0) console.log(`changed by hand, and put back:\n${driftTable(drifts)}\n`);
  const refresh = restore ? ["--refresh"] : [];
  // Also if nobody is asked: the rules about the whole stack run at the end of an update, when it is too late, but
  // at the end of a preview nothing has happened yet.
  const preview = await previewOrUp(context, "preview", refresh);
  if (preview.exitCode !== 0) return exitCodeOfRun("preview", preview);
  if (!(await ask(`Deploy this to ${stack}?`))) return 1;
  // A collector on a node that is down answers nobody, and says nothing of the others.
  let leftOut = settings.logs.enabled ? await downNodes(context) : [];
  const readCollectors = (): Promise<CollectorState[]> => readStates(context.findCollectors, leftOut);
  if (settings.logs.enabled && rollsPods(preview.output) && !force)
    await refuseWhileRetrying(file, readCollectors, tell);
  if (bringsCredential(preview.output) && !force) await tryStoredCredentials(context, tell);
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
  if (run.exitCode !== 0) return exitCodeOfRun("up", run);
  leftOut = await awaitRollout(context);
  if (watched) await waitForLines(file, readCollectors, before, tell);
  return 0;
}
