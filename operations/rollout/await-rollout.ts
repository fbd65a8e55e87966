import { UserError } from "../../kit/user-error";
import { askUntil } from "../../kit/waiting";
import { names } from "../../settings/names";
import { formatDuration, parseDuration } from "../../kit/units";
import { collectorSelector } from "../cluster/kubernetes-client";
import type { StackContext } from "../stack-context";
import { isReady, rolloutState, type RolloutState } from "./state";

const pauseMs = 1_000;

/**
 * Waits, as `rollout.await: ready` says, until every node that is Ready runs the new collector. Nodes that are not
 * Ready are named and left out: the DaemonSet's controller brings them up to date when they come back. The engine's own
 * waiting takes every node or none.
 *
 * @returns the nodes that were left out
 * @throws UserError if a node that is Ready does not get there within `rollout.timeout`, or if no node runs a collector:
 *   that every one of none is new proves nothing
 */
export async function awaitRollout(context: StackContext): Promise<string[]> {
  const { timeout, await: mode } = context.settings.rollout;
  if (mode !== "ready") return [];
  let state: RolloutState | undefined;
  let told = "";
  const look = async (): Promise<RolloutState | undefined> => {
    state = await readState(context);
    const text = progress(state);
    if (text !== told) console.error(text);
    told = text;
    return state.waiting.length === 0 ? state : undefined;
  };
  const done = await askUntil(look, { timeoutMs: parseDuration(timeout) ?? 0, everyMs: pauseMs });
  if (done === undefined) throw giveUp(context, state ?? (await readState(context)));
  if (done.ready.length === 0) throw noCollector(context, done);
  return done.down;
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
  const nodes = [
    ...state.down.map((node) => `${node} (the node is not Ready)`),
    ...state.waiting.map(({ node, reason }) => `${node} (${reason})`),
  ];
  if (nodes.length === 0) return error;
  return new UserError(
    [{ ...problem, problem: `${problem.problem}: ${nodes.join(", ")}` }],
    (error as UserError).consequence,
  );
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
  return rolloutState({ daemonSet, revisions, pods, nodes });
}

function progress({ ready, waiting, down, stuck }: RolloutState): string {
  const parts = [
    `rollout: ${ready.length} ${ready.length === 1 ? "node runs" : "nodes run"} the new collector`,
    ...(waiting.length > 0 ? [`waiting for ${waiting.map(({ node }) => node).join(", ")}`] : []),
    ...(down.length > 0 ? [`not waited for, since not Ready: ${down.join(", ")}`] : []),
  ];
  return [parts.join("; "), ...(stuck === undefined ? [] : [`warning: ${stuck}`])].join("\n");
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

function giveUp({ file, settings }: StackContext, { waiting, stuck, down }: RolloutState): UserError {
  const { rollout, kubernetes } = settings;
  const kubectl = kubernetes === undefined ? "kubectl" : `kubectl --context ${kubernetes.context}`;
  const nodes = waiting.map(({ node, reason }) => `${node} (${reason})`).join(", ");
  return UserError.of(
    file,
    stuck === undefined ? "alloy:rollout.timeout" : "alloy:rollout.maxUnavailable",
    stuck === undefined
      ? `after ${formatDuration(parseDuration(rollout.timeout) ?? 0)} these nodes are Ready and do not run the new collector: ${nodes}`
      : stuck,
    stuck === undefined
      ? `${kubectl} get pods -A -l app.kubernetes.io/name=${names.app} -o wide says more; correct that and run up again`
      : `write more than ${down.length}, such as ${down.length + 1}, until the node is back, and run up again`,
    "everything is deployed, but not every collector is new",
  );
}
