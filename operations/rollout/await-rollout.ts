import { UserError, type Problem } from "../../kit/user-error";
import { askUntil } from "../../kit/waiting";
import { names } from "../../settings/names";
import { formatDuration, parseDuration } from "../../kit/units";
import { rehearsePod, type Rehearsal, type RehearsedTemplate } from "../admission/rehearse";
import { collectorSelector, type KubeObject } from "../cluster/kubernetes-client";
import type { StackContext } from "../stack-context";
import { causesOf, nodesText, problemsOf, type RolloutCauses } from "./causes";
import { readEvents } from "./events";
import { HopelessRollout } from "./hopeless";
import { RolloutTeller } from "./tell";
import { isReady, oldRuns, rolloutState, type RolloutState } from "./state";

/** How often to look, and how long to wait for what does not pass by itself; tests look less long. */
export interface RolloutPatience {
  everyMs: number;
  lastingMs: number;
}

/** The DaemonSet's controller is refused several times within the first 20 s. */
const usual: RolloutPatience = { everyMs: 1_000, lastingMs: 20_000 };

const tell = (text: string): void => console.error(text);

/**
 * Waits, as `rollout.await: ready` says, until every node that is Ready runs the new collector. Nodes that are not
 * Ready are named and left out: the DaemonSet's controller brings them up to date when they come back. The engine's own
 * waiting takes every node or none.
 *
 * Why a node does not get there is said as soon as it is known. If every node that is left has a cause that does not pass
 * by itself, such as a policy of the cluster, waiting ends after 20 s; for any other cause it ends with `rollout.timeout`.
 *
 * @returns the nodes that were left out
 * @throws UserError with every cause if a node that is Ready does not get there, or if no node runs a collector: that every
 *   one of none is new proves nothing
 */
export async function awaitRollout(context: StackContext, patience: RolloutPatience = usual): Promise<string[]> {
  const { timeout, await: mode } = context.settings.rollout;
  if (mode !== "ready") return [];
  let state: RolloutState | undefined;
  const teller = new RolloutTeller(tell, { timeout, lastingMs: patience.lastingMs });
  const hopeless = new HopelessRollout(patience.lastingMs, () => rehearseAgain(context), tell);
  const look = async (): Promise<RolloutState | undefined> => {
    state = await readState(context);
    const causes = causesOf(state, context.place);
    teller.say(state, causes);
    if (state.waiting.length === 0) return state;
    if (await hopeless.isSure(causes, performance.now()))
      throw new UserError(problemsOf(causes), `${notAllNew(causes)}; to wait longer would not help`);
    return undefined;
  };
  const done = await askUntil(look, { timeoutMs: parseDuration(timeout) ?? 0, everyMs: patience.everyMs });
  if (done === undefined) throw giveUp(context, state ?? (await readState(context)));
  if (done.ready.length === 0) throw noCollector(context, done);
  return done.down;
}

/** Says why nodes do not run the new collector while the engine itself waits for them, as with `rollout.await: all`. */
export async function tellCauses(context: StackContext, signal: AbortSignal): Promise<void> {
  const { timeout } = context.settings.rollout;
  const teller = new RolloutTeller(tell, { timeout });
  const look = async (): Promise<undefined> => {
    // Before the first update there is no DaemonSet, and a single look may fail: the engine is the one that waits.
    const state = await readState(context).catch(() => undefined);
    if (state !== undefined) teller.sayCauses(causesOf(state, context.place));
  };
  await askUntil(look, { timeoutMs: Infinity, everyMs: 5_000, signal }).catch(() => undefined); // aborted: the end
}

/** Tries out a pod of the DaemonSet as it is in the cluster. */
async function rehearseAgain({ cluster, settings: { namespace } }: StackContext): Promise<Rehearsal> {
  const path = `/apis/apps/v1/namespaces/${namespace.name}/daemonsets/${names.daemonSet}`;
  try {
    const { metadata, spec } = await cluster.request<KubeObject & { spec: { template: RehearsedTemplate } }>(
      "GET",
      path,
    );
    return await rehearsePod(cluster, namespace.name, spec.template, metadata.uid);
  } catch (error) {
    return { answer: "not tried", reason: String(error) };
  }
}

/** Nodes that are not Ready; none where nobody may ask. */
export async function downNodes({ cluster }: StackContext): Promise<string[]> {
  try {
    return (await cluster.list("/api/v1/nodes")).filter((node) => !isReady(node)).map(({ metadata }) => metadata.name);
  } catch {
    return []; // the question is only which collectors to ask
  }
}

/**
 * The engine's word for an update that took too long names no node: this is the same with those that it waited for. Any
 * other error as it is.
 */
export async function withNodes(error: unknown, context: StackContext): Promise<unknown> {
  const [problem, ...others] = error instanceof UserError ? error.problems : [];
  if (problem?.key !== "alloy:rollout.timeout" || others.length > 0) return error;
  let state: RolloutState;
  try {
    state = await readState(context);
  } catch {
    return error; // whoever may deploy may not always list nodes
  }
  const causes = causesOf(state, context.place);
  const nodes = [
    ...state.down.map((node) => `${node} (the node is not Ready)`),
    ...causes.unknown.map(({ node, reason }) => `${node} (${reason})`),
  ];
  const known = problemsOf(causes);
  if (nodes.length === 0 && known.length === 0) return error;
  const left = nodes.length === 0 ? [] : [{ ...problem, problem: `${problem.problem}: ${nodes.join(", ")}` }];
  return new UserError([...known, ...left], (error as UserError).consequence);
}

/** Reads what {@link rolloutState} needs. */
export async function readState({
  cluster,
  settings,
}: Pick<StackContext, "cluster" | "settings">): Promise<RolloutState> {
  const namespace = settings.namespace.name;
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const [daemonSet, revisions, pods, nodes] = await Promise.all([
    cluster.request("GET", `${apps}/daemonsets/${names.daemonSet}`),
    cluster.list(`${apps}/controllerrevisions?labelSelector=${collectorSelector}`),
    cluster.collectorPods(namespace),
    cluster.list("/api/v1/nodes"),
  ]);
  const objects = { daemonSet, revisions, pods, nodes };
  const state = rolloutState(objects);
  // Only a rollout that is not over has something to explain.
  if (state.waiting.length === 0) return state;
  return rolloutState({ ...objects, events: await readEvents(cluster, namespace) });
}

function noCollector({ file, settings }: StackContext, { down }: RolloutState): UserError {
  return UserError.of(
    file,
    down.length > 0 ? "" : "alloy:nodeSelector",
    down.length > 0
      ? `no node runs the new collector: ${down.join(", ")} ${down.length === 1 ? "is" : "are"} not Ready`
      : "no node takes a collector",
    down.length > 0
      ? "bring a node back, then run up again"
      : `look at kubectl -n ${settings.namespace.name} describe daemonset ${names.daemonSet}: which nodes it wants, and which the cluster has`,
    "everything is deployed, but nothing is collected",
  );
}

function giveUp(context: StackContext, state: RolloutState): UserError {
  const causes = causesOf(state, context.place);
  const known = problemsOf(causes);
  const rest = restOf(context, state, causes);
  return new UserError(rest === undefined ? known : [...known, rest], notAllNew(causes));
}

function notAllNew({ unknown }: RolloutCauses): string {
  const old = unknown.filter(({ reason }) => reason === oldRuns).map(({ node }) => node);
  const run = old.length === 0 ? "" : ` (${nodesText(old)} ${old.length === 1 ? "runs" : "run"} the old one)`;
  return `everything is deployed, but not every collector is new${run}`;
}

/** What is said of nodes whose cause is not known; undefined if every node has a cause that is. */
function restOf(
  { file, settings }: StackContext,
  { stuck, down }: RolloutState,
  { known, unknown }: RolloutCauses,
): Problem | undefined {
  const { rollout, kubernetes } = settings;
  const kubectl = kubernetes === undefined ? "kubectl" : `kubectl --context ${kubernetes.context}`;
  if (stuck !== undefined)
    return {
      ...{ file, key: "alloy:rollout.maxUnavailable", problem: stuck },
      remedy: `write more than ${down.length}, such as ${down.length + 1}, until the node is back, and run up again`,
    };
  // They wait for the others only.
  const left = known.length > 0 ? unknown.filter(({ reason }) => reason !== oldRuns) : unknown;
  if (left.length === 0 && known.length > 0) return undefined;
  const nodes = nodesText(left.map(({ node, reason }) => `${node} (${reason})`));
  return {
    ...{ file, key: "alloy:rollout.timeout" },
    problem: `after ${formatDuration(parseDuration(rollout.timeout) ?? 0)} these nodes are Ready and do not run the new collector: ${nodes}`,
    remedy: `${kubectl} get pods -A -l app.kubernetes.io/name=${names.app} -o wide says more; correct that and run up again`,
  };
}
