import { errorText } from "../../kit/error-text";
import { parseDuration } from "../../kit/units";
import { UserError } from "../../kit/user-error";
import { askUntil } from "../../kit/waiting";
import { kubePath } from "../cluster/kubernetes-client";
import { readStates } from "../collectors/find";
import { lookIntoSilence } from "../collectors/look-into-silence";
import { readState } from "../rollout/await-rollout";
import { lookAt, waitForLines } from "../rollout/refuse-while-retrying";
import type { RolloutState } from "../rollout/state";
import { resolveStack, type StackContext } from "../stack-context";
import { takingOver } from "../../kit/taking-over";
import { leftBehind, orphan, showToHelm, type OldPod } from "./hand-over";
import { forgetRecord, readRecord, writeRecord, type AdoptionRecord } from "./record";
import { removeMade, restoreDaemonSet, restoreImported, restoreStrategy } from "./restore-objects";
import { forgetObjects } from "./state";

const tell = (text: string): void => console.error(text);

/** An adoption that is there to be given back. */
export interface Begun {
  context: StackContext;
  record: AdoptionRecord;
}

/** @throws UserError if this stack has no adoption that could be given back or forgotten */
export async function begunAdoption({ stack, folder }: { stack: string; folder: string }): Promise<Begun> {
  const context = await resolveStack(stack, takingOver, folder);
  const record = await readRecord(context.cluster, context.settings.namespace.name);
  if (record?.stack === stack) return { context, record };
  throw UserError.of(
    context.file,
    "",
    record === undefined
      ? `no adoption of ${stack} is kept in the namespace ${context.settings.namespace.name}`
      : `the adoption that is kept there is that of the stack ${record.stack}`,
    "npx alloyctl adopt STACK says what runs",
    "nothing was changed",
  );
}

/** What giving back means, for whoever is asked. */
export function giveBackText({ record: { taken, made, helm, startedAt, stack } }: Begun): string {
  const name = ({ kind = "", metadata }: AdoptionRecord["taken"][number]["live"]): string =>
    `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`;
  return [
    `Giving back what ${stack} took over at ${startedAt}`,
    ...taken.map(
      ({ live, how }) => `  ${name(live)} ${how === "import" ? "becomes what it was" : "is made anew around the pods"}`,
    ),
    ...made.map((path) => `  ${path} is deleted`),
    ...helm.map(({ kind, namespace, object }) => `  ${kind} ${namespace}/${object} is Helm's again`),
    "Lines that the new collectors have sent are read again by the old ones where these find no position of theirs.",
  ].join("\n");
}

/**
 * Gives everything back: roles and configuration first, so that the old collectors find theirs; then the old DaemonSet
 * around the pods; then what was made goes, in the cluster and in the state. Each step may be done again: an interrupted
 * run goes on where it stood.
 *
 * @throws UserError if the old collectors do not come back on every node that is Ready
 */
export async function giveBack(context: StackContext, record: AdoptionRecord): Promise<void> {
  const { cluster, settings, engine } = context;
  const namespace = settings.namespace.name;
  await writeRecord(cluster, namespace, { ...record, phase: "giving back" });
  await restoreImported(cluster, record);
  const before = (await lookAt(() => readStates(context.findCollectors), tell)) ?? [];
  const handedOver = record.taken.filter(({ how }) => how === "hand over");
  let replaced = 0;
  for (const { live } of handedOver) {
    const path = kubePath({ apiVersion: live.apiVersion ?? "", kind: live.kind ?? "", ...live.metadata });
    const now = await cluster.find(path);
    if (now?.metadata.uid === live.metadata.uid) continue; // it was not let go yet
    const pods = await orphan(cluster, path, now ?? live);
    await restoreDaemonSet(cluster, live);
    await oldOnesRun(context, pods);
    await restoreStrategy(cluster, live);
    replaced += pods.length;
  }
  await removeMade(cluster, record);
  await forgetObjects(engine, record.inState);
  await showToHelm(cluster, record.helm, true);
  // The old collectors are back whether Loki takes their lines or not: it may be just that which failed.
  if (replaced > 0 && settings.logs.enabled)
    await waitForLines(
      context.file,
      () => readStates(context.findCollectors),
      before,
      tell,
      (silent, seconds) => lookIntoSilence(context, silent, seconds),
    ).catch((error: unknown) => {
      tell(`warning: the old collectors run, but nobody has seen a line of theirs arrive (${errorText(error)})`);
    });
  await forgetRecord(cluster, namespace);
}

/** Waits until each node that is Ready has an old collector again, and removes what is left of the new ones. */
async function oldOnesRun(context: StackContext, pods: readonly OldPod[]): Promise<void> {
  const { cluster, settings, file } = context;
  const timeoutMs = parseDuration(settings.rollout.timeout) ?? 0;
  let state: RolloutState | undefined;
  let told = "";
  const look = async (): Promise<true | undefined> => {
    state = await readState(context);
    const text = `giving back: ${state.ready.length} nodes run the old collector again`;
    if (text !== told) tell(text);
    told = text;
    return state.waiting.length === 0 ? true : undefined;
  };
  if ((await askUntil(look, { timeoutMs, everyMs: 1_000 })) === undefined)
    throw UserError.of(
      file,
      "alloy:rollout.timeout",
      `the old collectors are not back on ${(state?.waiting ?? []).map(({ node, reason }) => `${node} (${reason})`).join(", ")}`,
      "look at their pods; the command goes on from there when it is run again",
      "the old DaemonSet is there again, and what was made is still there, too",
    );
  // A pod that the old selector does not match would run on beside the old collectors.
  const down = state?.down ?? [];
  for (const { name } of await leftBehind(cluster, settings.namespace.name, pods))
    if (!pods.some((pod) => pod.name === name && down.includes(pod.node)))
      await cluster.request(
        "DELETE",
        kubePath({ apiVersion: "v1", kind: "Pod", namespace: settings.namespace.name, name }),
      );
}

/**
 * Gives the way back up.
 *
 * @throws UserError while the adoption is not done: nothing else knows how to finish it
 */
export async function forget({ context: { cluster, settings, file }, record }: Begun): Promise<void> {
  if (record.phase !== "proved")
    throw UserError.of(
      file,
      "",
      `the adoption of ${record.startedAt} is not finished, and only its record knows the way`,
      `npx alloyctl adopt ${record.stack} --apply goes on with it, --give-back restores what was there before`,
      "nothing was changed",
    );
  await forgetRecord(cluster, settings.namespace.name);
}
