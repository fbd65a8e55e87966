import { UserError } from "../../kit/user-error";
import { readStates } from "../collectors/find";
import { lookIntoSilence } from "../collectors/look-into-silence";
import { findDrift } from "../drift/find-drift";
import { removeAdditions } from "../drift/remove-additions";
import { previewOrUp } from "../preview-and-up";
import { awaitRollout } from "../rollout/await-rollout";
import { lookAt, refuseWhileRetrying, waitForLines } from "../rollout/refuse-while-retrying";
import type { StackContext } from "../stack-context";
import { wayBack, type Adoption } from "./adopt";
import { giveBack } from "./give-back";
import { leftBehind, letGo, showToHelm, stripMarks } from "./hand-over";
import { writeRecord, type AdoptionRecord } from "./record";
import { importObjects } from "./state";

const tell = (text: string): void => console.error(text);

/**
 * Does what was planned: imports the objects, hands the running pods over, runs up, and waits until lines arrive. If one
 * of these fails it gives everything back. If it is interrupted, the record in the cluster says where it stood.
 *
 * @param force go on although the old collectors hold lines that Loki does not take
 * @throws UserError if something stands in the way, or a step failed: it says what was given back
 */
export async function takeOver({ context, plan, block, record }: Adoption, force: boolean): Promise<void> {
  const { stack, engine, settings, cluster, file } = context;
  const namespace = settings.namespace.name;
  const handsOver = settings.logs.enabled && plan.takenOver.some(({ how }) => how === "hand over");
  if (handsOver && !force && record.phase === "begun")
    await refuseWhileRetrying(file, () => readStates(context.findCollectors), tell);
  await writeRecord(cluster, namespace, record);
  try {
    await importObjects(engine, block);
    await stripMarks(cluster, plan);
    await deploy(context, { plan, record });
  } catch (error) {
    throw await afterGivingBack(context, record, error);
  }
  await writeRecord(cluster, namespace, { ...record, phase: "proved" });
  tell(wayBack(stack));
}

/** Up around the pods that run, then without what the old deployer had in lists and data beside ours. */
async function deploy(context: StackContext, { plan, record }: Pick<Adoption, "plan" | "record">): Promise<void> {
  const { stack, settings, cluster, file } = context;
  const { exitCode: previewed } = await previewOrUp(context, "preview", []);
  if (previewed !== 0) throw failed("preview", stack);
  await showToHelm(cluster, record.helm, false);
  await writeRecord(cluster, settings.namespace.name, { ...record, phase: "released" });
  const before = (await lookAt(() => readStates(context.findCollectors), tell)) ?? [];
  const old = await letGo(cluster, plan);
  const { exitCode } = await previewOrUp(context, "up", ["--yes", "--skip-preview"]);
  if (exitCode !== 0) throw failed("up", stack);
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
      `look at their pods: ${left.map(({ name }) => name).join(", ")}`,
    );
  if (settings.logs.enabled)
    await waitForLines(
      file,
      () => readStates(context.findCollectors, down),
      before,
      tell,
      (silent, seconds, all) => lookIntoSilence(context, silent, seconds, all),
    );
}

const failed = (command: string, stack: string): UserError =>
  UserError.of(
    `npx alloyctl ${command} ${stack}`,
    "",
    "failed; the output of the engine is above",
    `correct that, then run npx alloyctl adopt ${stack} --apply again`,
  );

/** Gives everything back, and says so beside what has failed. */
async function afterGivingBack(context: StackContext, record: AdoptionRecord, error: unknown): Promise<unknown> {
  const { stack, file } = context;
  tell(`the adoption has failed; everything is given back now…`);
  const problems = error instanceof UserError ? error.problems : [];
  try {
    await giveBack(context, record);
  } catch (second) {
    const reason = second instanceof Error ? second.message : String(second);
    tell(error instanceof Error ? error.message : String(error));
    const remedy = `correct that, then npx alloyctl adopt ${stack} --give-back goes on from where it stood`;
    return new UserError(
      [...problems, { file, key: "", problem: `and giving back was not finished: ${reason}`, remedy }],
      "the adoption has failed, and is given back only in part",
    );
  }
  if (problems.length === 0) return error;
  return new UserError(problems, "everything was given back: what ran before runs again");
}
