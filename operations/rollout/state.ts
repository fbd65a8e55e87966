import type { KubeObject } from "../cluster/kubernetes-client";
import { messageOf, seenAt, warningsAbout, type KubeEvent } from "./events";
import { nodeOf, podReason, type PodFields } from "./pod-reason";

/** How far a rollout of the collectors is, as the API server tells it. */
export interface RolloutState {
  /** Nodes that run the new collector, ready. */
  ready: string[];
  /** Nodes that are still waited for, each with the reason as far as it is known. */
  waiting: WaitingNode[];
  /** Nodes that are not Ready themselves and do not run the new collector: nobody can make them. */
  down: string[];
  /** Why the rollout cannot go on by itself; undefined where it can. */
  stuck?: string;
}

/** A node that is waited for. */
export interface WaitingNode {
  /** Its name; where no name is known, the pod's, or how many there are. */
  node: string;
  reason: string;
  /** Changes when the DaemonSet's controller was refused once more. Set only where it is refused. */
  refusal?: string;
}

/** What the state is computed from. */
export interface RolloutObjects {
  daemonSet: KubeObject;
  /** ControllerRevisions of the namespace. */
  revisions: readonly KubeObject[];
  /** Pods that carry the DaemonSet's selector. */
  pods: readonly KubeObject[];
  nodes: readonly KubeObject[];
  /** Warnings about the DaemonSet and its pods; without them the reason is missing where only they know it. */
  events?: readonly KubeEvent[];
}

interface DaemonSetFields {
  spec: { updateStrategy?: { rollingUpdate?: { maxUnavailable?: number | string } } };
  status?: { observedGeneration?: number; desiredNumberScheduled?: number };
}

/** The reason of a node whose turn has not come. */
export const oldRuns = "the old collector runs";

const hashLabel = "controller-revision-hash";

/** Where a rollout stands; pure. */
export function rolloutState({ daemonSet, revisions, pods, nodes, events = [] }: RolloutObjects): RolloutState {
  const { spec, status } = daemonSet as unknown as DaemonSetFields;
  const own = ({ metadata }: KubeObject): boolean =>
    metadata.ownerReferences?.some(({ uid }) => uid === daemonSet.metadata.uid) ?? false;
  const newest = revisions.filter(own).sort((a, b) => Number(b["revision"]) - Number(a["revision"]))[0];
  const current = newest?.metadata.labels?.[hashLabel];
  const observed = status?.observedGeneration === daemonSet.metadata.generation;

  const isUp = new Map(nodes.map((node) => [node.metadata.name, isReady(node)]));
  const podOn = new Map<string, KubeObject>();
  const nowhere: KubeObject[] = [];
  for (const pod of pods.filter(own)) {
    const node = nodeOf(pod);
    if (node === undefined) nowhere.push(pod);
    // Two on one node while the old one ends: the new one decides.
    else if (podOn.get(node) === undefined || isNew(pod)) podOn.set(node, pod);
  }
  const withoutPod = nodes.map(({ metadata }) => metadata.name).filter((name) => isUp.get(name) && !podOn.has(name));
  // One pod and one node: nothing else is possible.
  const [lonely, ...others] = nowhere;
  if (lonely !== undefined && others.length === 0 && withoutPod.length === 1)
    podOn.set(withoutPod.pop() ?? "", nowhere.pop() ?? lonely);
  function isNew({ metadata }: KubeObject): boolean {
    return current !== undefined && metadata.labels?.[hashLabel] === current;
  }

  const state: RolloutState = { ready: [], waiting: [], down: [] };
  for (const [node, pod] of [...podOn].sort(([a], [b]) => a.localeCompare(b))) {
    if (observed && isNew(pod) && isReady(pod)) state.ready.push(node);
    else if (isUp.get(node) === true)
      state.waiting.push({
        node,
        reason: isNew(pod) ? (podReason(pod, events) ?? "the new collector is not ready") : oldRuns,
      });
    else state.down.push(node);
  }
  for (const pod of nowhere)
    state.waiting.push({ node: `pod ${pod.metadata.name}`, reason: podReason(pod, events) ?? "no node yet" });
  // A node whose old pod is gone and whose new one is not there yet has no pod to be seen by.
  const missing = (status?.desiredNumberScheduled ?? 0) - podOn.size - nowhere.length;
  const unseenDown = nodes.filter(
    ({ metadata }) => isUp.get(metadata.name) === false && !podOn.has(metadata.name),
  ).length;
  const refused = refusalOf(daemonSet, newest, events);
  state.waiting.push(...nodesWithoutPod(missing - unseenDown, withoutPod, refused));
  // A controller that is refused from the beginning may never write a status (kubernetes issue 100683).
  if (!observed && state.waiting.length === 0)
    state.waiting.push({ node: "all nodes", ...(refused ?? { reason: "the DaemonSet is not observed yet" }) });

  const stuck = stuckReason(spec, status?.desiredNumberScheduled ?? podOn.size, state);
  return stuck === undefined ? state : { ...state, stuck };
}

/**
 * A node that is down counts as unavailable. Where that uses up maxUnavailable the controller replaces no collector that
 * works, and the rollout would wait for ever. Source: k8s.io/kubernetes pkg/controller/daemon/update.go, rollingUpdate
 */
function stuckReason(
  spec: DaemonSetFields["spec"],
  desired: number,
  { down, waiting }: RolloutState,
): string | undefined {
  const asked = spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
  const allowed =
    typeof asked === "string" && asked.endsWith("%")
      ? Math.ceil((Number(asked.slice(0, -1)) * desired) / 100)
      : Number(asked);
  if (down.length < allowed || !waiting.some(({ reason }) => reason === oldRuns)) return undefined;
  return `${down.join(", ")} ${down.length === 1 ? "is not Ready and uses" : "are not Ready and use"} up maxUnavailable (${asked} of ${desired} nodes is ${allowed}), so no other node's collector is replaced`;
}

/** Whether a pod or a node says that it is Ready. */
export const isReady = (object: KubeObject): boolean =>
  (object as unknown as PodFields).status?.conditions?.some(
    ({ type, status }) => type === "Ready" && status === "True",
  ) ?? false;

/** The nodes that still lack a pod, by name if it can be no others. */
function nodesWithoutPod(
  missing: number,
  candidates: readonly string[],
  refused: Omit<WaitingNode, "node"> | undefined,
): WaitingNode[] {
  if (missing <= 0) return [];
  const why = refused ?? { reason: "no pod yet" };
  if (candidates.length === missing) return candidates.map((node) => ({ node, ...why }));
  return [{ node: `${missing} ${missing === 1 ? "node" : "nodes"} more`, ...why }];
}

/**
 * What the DaemonSet's controller was last refused, since the newest pod template came; an older refusal was of another
 * one. Events have whole seconds.
 */
function refusalOf(
  daemonSet: KubeObject,
  newest: KubeObject | undefined,
  events: readonly KubeEvent[],
): Omit<WaitingNode, "node"> | undefined {
  const since = Date.parse(newest?.metadata.creationTimestamp ?? "") || 0;
  const [last] = warningsAbout(events, daemonSet.metadata.uid).filter(
    (event) => event.reason === "FailedCreate" && (seenAt(event) === 0 || seenAt(event) >= since),
  );
  if (last === undefined) return undefined;
  const { metadata, count = last.series?.count ?? 1 } = last;
  return { reason: messageOf(last), refusal: `${metadata?.uid ?? metadata?.name ?? ""} ${count} ${seenAt(last)}` };
}
