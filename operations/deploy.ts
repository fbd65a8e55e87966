import { names } from "../settings/names";
import { readStates } from "./collectors/find";
import type { CollectorState } from "./collectors/state";
import { findDrift, type FoundDrift } from "./drift/find-drift";
import { driftTable } from "./drift/findings";
import { removeAdditions } from "./drift/remove-additions";
import { bringsCredential, rollsPods, startsPods } from "./engine/plan";
import { previewOrUp } from "./preview-and-up";
import { awaitRollout, downNodes, withNodes } from "./rollout/await-rollout";
import { lookAt, refuseWhileRetrying, waitForLines } from "./rollout/refuse-while-retrying";
import { tryStoredCredentials } from "./rotation/try-stored-credential";
import { resolveStack } from "./stack-context";

/** How {@link deploy} goes about it. */
export interface DeployOptions {
  /** Neither lines that the old collectors hold nor a credential that is refused stop it. */
  force: boolean;
  /** Puts back what was changed by hand. */
  restore: boolean;
  /** Asks once the change was shown. */
  confirm: () => Promise<boolean>;
  /** Hears of what is being done, and of what could not be looked at. */
  tell: (text: string) => void;
}

/**
 * Shows what will change, asks, and does it. Unless forced, pods are not rolled while collectors hold lines that Loki
 * does not take, and no credential is handed to them that Loki or Prometheus refuses. Afterwards it waits for the nodes
 * that `rollout.await` says, and until each new collector has sent a line.
 *
 * @returns the exit code: 1 if it was not agreed to, otherwise the engine's
 * @throws UserError if the change is refused, or its lines do not arrive
 */
export async function deploy(stack: string, { force, restore, confirm, tell }: DeployOptions): Promise<number> {
  // Whoever changed a field by hand owns it now: only a forced apply takes it back. Never otherwise: a conflict is
  // how a second program that applies Alloy shows.
  const context = await resolveStack(stack, restore ? { PULUMI_K8S_ENABLE_PATCH_FORCE: "true" } : {});
  const { file, settings } = context;
  const drift = restore ? await findDrift(context, tell) : undefined;
  const drifts = drift?.drifts ?? [];
  if (drifts.length > 0) tell(`changed by hand, and put back:\n${driftTable(drifts)}\n`);
  // Also if nobody is asked: the rules about the whole stack run at the end of an update, when it is too late, but at
  // the end of a preview nothing has happened yet. It does not refresh: the rules would judge what was changed by hand,
  // and refuse to take it away.
  const preview = await previewOrUp(context, "preview", []);
  if (preview.exitCode !== 0) return preview.exitCode;
  if (!(await confirm())) return 1;
  const plan = { steps: [...preview.plan.steps, ...(drift?.plan.steps ?? [])] };
  const { logs } = settings;
  // A collector on a node that is down answers nobody, and says nothing of the others.
  let leftOut = logs.enabled ? await downNodes(context) : [];
  const readCollectors = (): Promise<CollectorState[]> => readStates(context.findCollectors, leftOut);
  if (logs.enabled && !force && (rollsPods(plan) || restoresPods(drift)))
    await refuseWhileRetrying(file, readCollectors, tell);
  if (!force && bringsCredential(plan)) await tryStoredCredentials(context, tell);
  const watched = logs.enabled && (startsPods(plan) || restoresPods(drift));
  // A first deployment finds nobody to ask.
  const before = watched ? ((await lookAt(readCollectors, tell)) ?? []) : [];
  for (const object of await removeAdditions(drifts, context.cluster)) tell(`taken out of ${object}: what was added`);
  const flags = [...(restore ? ["--refresh"] : []), "--yes", "--skip-preview"];
  const { exitCode } = await previewOrUp(context, "up", flags).catch(async (error: unknown) => {
    throw await withNodes(error, context);
  });
  if (exitCode !== 0) return exitCode;
  leftOut = await awaitRollout(context);
  if (watched) await waitForLines(file, readCollectors, before, tell);
  return 0;
}

/** Whether something is taken out of the collectors' own pods, which the engine's plan does not show. */
const restoresPods = (drift: FoundDrift | undefined): boolean =>
  drift?.drifts.some(
    ({ added }) => added?.kind === "DaemonSet" && added.name === names.daemonSet && added.path[1] === "template",
  ) ?? false;
