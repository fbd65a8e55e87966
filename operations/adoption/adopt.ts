import { takingOver } from "../../kit/taking-over";
import { UserError } from "../../kit/user-error";
import { composePipeline } from "../../pipeline/compose";
import { readStackFile } from "../../settings/stack-file";
import type { KubeObject } from "../cluster/kubernetes-client";
import { collectedContainers } from "../collectors/collected-containers";
import { lookIntoSilence } from "../collectors/look-into-silence";
import { readStates } from "../collectors/find";
import { findDrift } from "../drift/find-drift";
import { removeAdditions } from "../drift/remove-additions";
import { previewOrUp } from "../preview-and-up";
import { recordProgram } from "../recording/record-program";
import { awaitRollout } from "../rollout/await-rollout";
import { lookAt, refuseWhileRetrying, waitForLines } from "../rollout/refuse-while-retrying";
import { resolveStack, type StackContext } from "../stack-context";
import { findObjects, leftBehind, letGo, stripTracking } from "./cluster";
import { measureLinesReadAgain, type ReadAgainSize } from "./lines-read-again";
import { importFile, planAdoption, type AdoptPlan, type ImportEntry } from "./plan";
import { adoptionText } from "./report";
import { importObjects, stateOf } from "./state";

/** An adoption that was looked at and can be done. */
export interface Adoption {
  context: StackContext;
  plan: AdoptPlan;
  block: { resources: ImportEntry[] };
  /** For a person: every object, what changes, the lines that are read again, the import block. */
  text: string;
  /** For a script. */
  json: unknown;
}

const tell = (text: string): void => console.error(text);

/** Looks at what runs and says what taking it over would mean; changes nothing. */
export async function planAdoptionOf({ stack, folder }: { stack: string; folder: string }): Promise<Adoption> {
  // The old deployer owns every field of what is imported.
  const context = await resolveStack(stack, takingOver, folder);
  const { engine, settings, cluster, file } = context;
  const { resources } = await recordProgram({ stack, ...readStackFile(stack, context.folder) });
  const inState = await stateOf(engine);
  const found = await findObjects(cluster, settings, resources);
  const plan = planAdoption(resources, found, inState, composePipeline(settings).text);
  if (found.namespaceIsThere && settings.namespace.managed && !inState.has("alloy-monitoring-namespace"))
    plan.obstacles.push({
      problem: `the namespace ${settings.namespace.name} exists and belongs to somebody else`,
      remedy: `write alloy:namespace: { name: ${settings.namespace.name}, managed: false } in ${file}`,
    });
  const block = importFile(resources, plan, inState);
  const size = await sizeOf(context, plan, found.pods);
  const { takenOver, created, leftAlone, changes, obstacles, reReads } = plan;
  const json = {
    stack,
    takenOver: takenOver.map(({ resource, how }) => ({ resource: resource.name, how })),
    ...{ created, leftAlone, changes, obstacles, reReads, import: block },
  };
  return { context, plan, block, text: adoptionText(plan, block, stack, size), json };
}

/**
 * Does what was planned: imports the objects, hands the running pods over, and runs up.
 *
 * @param force go on although the old collectors hold lines that Loki does not take
 * @throws UserError if something stands in the way, or a step failed: it says what is done until then
 */
export async function takeOver({ context, plan, block }: Adoption, force: boolean): Promise<void> {
  const { engine, settings, cluster, file } = context;
  const handsOver = settings.logs.enabled && plan.takenOver.some(({ how }) => how === "hand over");
  if (handsOver && !force) await refuseWhileRetrying(file, () => readStates(context.findCollectors), tell);
  await importObjects(engine, block);
  await stripTracking(cluster, plan);
  await deploy(context, plan);
}

/** @throws UserError with everything that keeps an adoption from being done */
export function refuseObstacles({ context: { file }, plan: { obstacles } }: Adoption): void {
  if (obstacles.length === 0) return;
  throw new UserError(
    obstacles.map(({ problem, remedy }) => ({ file, key: "", problem, remedy })),
    "nothing was taken over",
  );
}

/** How much is read again, counted in the cluster; undefined if nothing is. */
async function sizeOf(
  { cluster, settings }: StackContext,
  { takenOver, reReads }: AdoptPlan,
  pods: readonly KubeObject[],
): Promise<ReadAgainSize | undefined> {
  if (reReads.length === 0) return undefined;
  const old = takenOver.find(({ how }) => how === "hand over");
  const containers = collectedContainers(pods, settings, old?.live.metadata.uid);
  tell(`counting what ${containers.length} containers have written…`);
  return measureLinesReadAgain(cluster, containers, settings);
}

/** Up around the pods that run, then without what the old deployer had in lists and data beside ours. */
async function deploy(context: StackContext, plan: AdoptPlan): Promise<void> {
  const { stack, settings, cluster, file } = context;
  const { exitCode: previewed } = await previewOrUp(context, "preview", []);
  if (previewed !== 0)
    throw failed("preview", stack, "the objects are in the stack's state, unchanged; the old collectors run");
  const old = await letGo(cluster, plan);
  const before = (await lookAt(() => readStates(context.findCollectors), tell)) ?? [];
  const { exitCode } = await previewOrUp(context, "up", ["--yes", "--skip-preview"]);
  if (exitCode !== 0) throw failed("up", stack, "the old collectors run on without a DaemonSet until up succeeds");
  await removeAdditions((await findDrift(context, tell)).drifts, cluster);
  const down = await awaitRollout(context);
  const nobodyWaits = settings.rollout.await === "none";
  const left = nobodyWaits
    ? []
    : (await leftBehind(cluster, settings.namespace.name, old)).filter(({ node }) => !down.includes(node));
  if (left.length > 0)
    throw UserError.of(
      file,
      "alloy:rollout",
      `the old collectors of ${left.map(({ node }) => node).join(", ")} were not replaced`,
      `delete their pods, one after the other: ${left.map(({ name }) => name).join(", ")}`,
      "everything is deployed; those nodes are collected as before",
    );
  if (settings.logs.enabled)
    await waitForLines(
      file,
      () => readStates(context.findCollectors, down),
      before,
      tell,
      (silent, seconds) => lookIntoSilence(context, silent, seconds),
    );
}

const failed = (command: string, stack: string, consequence: string): UserError =>
  UserError.of(
    `npx alloyctl ${command} ${stack}`,
    "",
    "failed; the output of the engine is above",
    `correct that, then run npx alloyctl up ${stack} --restore`,
    consequence,
  );
