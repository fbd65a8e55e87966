import type { CollectorState } from "./collectors/state";
import { driftTable } from "./drift/findings";
import { findDrift, removeAdditions } from "./drift/find-drift";
import { exitCodeOfRun } from "./engine/exit-code";
import { awaitRollout, downNodes, withNodes } from "./rollout/await-rollout";
import { lookAt, refuseWhileRetrying, rollsPods, startsPods, waitForLines } from "./rollout/refuse-while-retrying";
import { bringsCredential, tryHeldCredentials } from "./rotation/try-stored-credential";
import { runStackCommand } from "./stack-context";

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
export async function deployStack(stack: string, { ask, force, restore }: DeployOptions): Promise<0 | 1 | 2> {
  const drifts = restore ? ((await findDrift(stack)) ?? []) : [];
  if (drifts.length > 0) console.log(`changed by hand, and put back:\n${driftTable(drifts)}\n`);
  // Whoever changed a field by hand owns it now: only a forced apply takes it back. Never otherwise: a conflict is
  // how a second program that applies Alloy shows.
  const env: Record<string, string> = restore ? { PULUMI_K8S_ENABLE_PATCH_FORCE: "true" } : {};
  const refresh = restore ? ["--refresh"] : [];
  // Also if nobody is asked: the rules about the whole stack run at the end of an update, when it is too late, but
  // at the end of a preview nothing has happened yet.
  const preview = await runStackCommand("preview", stack, refresh, env);
  if (preview.exitCode !== 0) return exitCodeOfRun("preview", preview);
  if (!(await ask(`Deploy this to ${stack}?`))) return 1;
  const { file, settings } = preview;
  // A collector on a node that is down answers nobody, and says nothing of the others.
  let leftOut = settings.logs.enabled ? await downNodes(settings, preview.env) : [];
  const readCollectors = (): Promise<CollectorState[]> => preview.readCollectors(leftOut);
  if (settings.logs.enabled && rollsPods(preview.output) && !force)
    await refuseWhileRetrying(file, readCollectors, tell);
  if (bringsCredential(preview.output) && !force) await tryHeldCredentials(settings, preview.env, tell);
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
  if (run.exitCode !== 0) return exitCodeOfRun("up", run);
  leftOut = await awaitRollout(stack, settings, preview.env);
  if (watched) await waitForLines(file, readCollectors, before, tell);
  return 0;
}
