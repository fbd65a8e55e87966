import { takingOver } from "../kit/taking-over";
import { names } from "../settings/names";
import { readStates } from "./collectors/find";
import { lookIntoSilence } from "./collectors/look-into-silence";
import type { CollectorState } from "./collectors/state";
import { findDrift, type FoundDrift } from "./drift/find-drift";
import { driftTable } from "./drift/findings";
import { removeAdditions } from "./drift/remove-additions";
import { bringsCredential, rollsPods, startsPods } from "./engine/plan";
import { exitCodeOfRun } from "./engine/exit-code";
import { previewOrUp } from "./preview-and-up";
import { awaitRollout, downNodes, tellCauses, withNodes } from "./rollout/await-rollout";
import { lookAt, refuseWhileRetrying, waitForLines } from "./rollout/refuse-while-retrying";
import { tryStoredCredentials } from "./rotation/try-stored-credential";
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
 * Shows what will change, asks, and does it. Unless forced, pods are not rolled while collectors hold lines that Loki
 * does not take, and no credential is handed to them that Loki or Prometheus refuses. Afterwards it waits for the nodes
 * that `rollout.await` says, and until each new collector has sent a line.
 *
 * @returns exit code 0 if everything is deployed and sends; 1 if the answer or the engine said no; 2 if nobody could look
 * @throws UserError if the change is refused, or its lines do not arrive
 */
export async function deployStack(
  { stack, folder }: { stack: string; folder: string },
  { ask, force, restore }: DeployOptions,
): Promise<0 | 1 | 2> {
  // Whoever changed a field by hand owns it now: only a forced apply takes it back. Never otherwise: a conflict is
  // how a second program that applies Alloy shows.
  const context = await resolveStack(stack, restore ? takingOver : {}, folder);
  const { file, settings } = context;
  const drift = restore ? await findDrift(context, tell) : undefined;
  const drifts = drift?.drifts ?? [];
  if (drifts.length > 0) console.log(`changed by hand, and put back:\n${driftTable(drifts)}\n`);
  // Also if nobody is asked: the rules about the whole stack run at the end of an update, when it is too late, but at
  // the end of a preview nothing has happened yet. It does not refresh: the rules would judge what was changed by hand,
  // and refuse to take it away.
  const preview = await previewOrUp(context, "preview", []);
  if (preview.exitCode !== 0) return exitCodeOfRun("preview", preview);
  if (!(await ask(`Deploy this to ${stack}?`))) return 1;
  const plan = { steps: [...preview.plan.steps, ...(drift?.plan.steps ?? [])] };
  const { logs } = settings;
  // A collector on a node that is down answers nobody, and says nothing of the others.
  let leftOut = logs.enabled ? await downNodes(context) : [];
  const readCollectors = (): Promise<CollectorState[]> => readStates(context.findCollectors, leftOut);
  if (logs.enabled && !force && (rollsPods(plan) || restoresPods(drift)))
    await refuseWhileRetrying(file, readCollectors, tell);
  if (!force && bringsCredential(plan)) await tryStoredCredentials(context, tell);
  // Whoever does not wait for the rollout does not wait for its lines either.
  const watched = logs.enabled && settings.rollout.await !== "none" && (startsPods(plan) || restoresPods(drift));
  // A first deployment finds nobody to ask.
  const before = watched ? ((await lookAt(readCollectors, tell)) ?? []) : [];
  for (const object of await removeAdditions(drifts, context.cluster))
    console.log(`taken out of ${object}: what was added`);
  const flags = [...(restore ? ["--refresh"] : []), "--yes", "--skip-preview"];
  const waiting = new AbortController();
  if (settings.rollout.await === "all") void tellCauses(context, waiting.signal);
  const run = await previewOrUp(context, "up", flags)
    .catch(async (error: unknown) => {
      throw await withNodes(error, context);
    })
    .finally(() => waiting.abort());
  if (run.exitCode !== 0) return exitCodeOfRun("up", run);
  leftOut = await awaitRollout(context);
  if (watched)
    await waitForLines(file, readCollectors, before, tell, (silent, seconds, all) =>
      lookIntoSilence(context, silent, seconds, all),
    );
  return 0;
}

/** Whether something is taken out of the collectors' own pods, which the engine's plan does not show. */
const restoresPods = (drift: FoundDrift | undefined): boolean =>
  drift?.drifts.some(
    ({ added }) => added?.kind === "DaemonSet" && added.name === names.daemonSet && added.path[1] === "template",
  ) ?? false;
