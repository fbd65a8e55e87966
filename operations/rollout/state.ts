import type { KubeObject } from "../cluster/kubernetes-client";

/** How far a rollout of the collectors is, as the API server tells it. */
export interface RolloutState {
  /** Nodes that run the new collector, ready. */
  ready: string[];
  /** Nodes that are still waited for, each with the reason as far as it is known. */
  waiting: { node: string; reason: string }[];
  /** Nodes that are not Ready themselves and do not run the new collector: nobody can make them. */
  down: string[];
  /** Why the rollout cannot go on by itself; undefined where it can. */
  stuck?: string;
}

/** What the state is computed from. */
export interface RolloutObjects {
  daemonSet: KubeObject;
  /** ControllerRevisions of the namespace. */
  revisions: readonly KubeObject[];
  /** Pods that carry the DaemonSet's selector. */
  pods: readonly KubeObject[];
  nodes: readonly KubeObject[];
}

interface DaemonSetFields {
  spec: { updateStrategy?: { rollingUpdate?: { maxUnavailable?: number | string } } };
  status?: { observedGeneration?: number; desiredNumberScheduled?: number };
}

interface PodFields {
  spec: { nodeName?: string };
  status?: {
    conditions?: Condition[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

interface Condition {
  type: string;
  status: string;
  message?: string;
}

interface Terminated {
  reason?: string;
  exitCode?: number;
  /** The last words of a container whose terminationMessagePolicy is FallbackToLogsOnError. */
  message?: string;
}

interface ContainerStatus {
  state?: { waiting?: { reason?: string; message?: string }; terminated?: Terminated };
  lastState?: { terminated?: Terminated };
}

const hashLabel = "controller-revision-hash";

/** Where a rollout stands; pure. */
export function rolloutState({ daemonSet, revisions, pods, nodes }: RolloutObjects): RolloutState {
  const { spec, status } = daemonSet as unknown as DaemonSetFields;
  const own = ({ metadata }: KubeObject): boolean =>
    metadata.ownerReferences?.some(({ uid }) => uid === daemonSet.metadata.uid) ?? false;
  const newest = revisions.filter(own).sort((a, b) => Number(b["revision"]) - Number(a["revision"]))[0];
  const current = newest?.metadata.labels?.[hashLabel];
  const observed = status?.observedGeneration === daemonSet.metadata.generation;

  const isUp = new Map(nodes.map((node) => [node.metadata.name, isReady(node)]));
  const podOn = new Map<string, KubeObject>();
  for (const pod of pods.filter(own)) {
    const { nodeName } = (pod as unknown as PodFields).spec;
    // Two on one node while the old one ends: the new one decides.
    if (nodeName !== undefined && (podOn.get(nodeName) === undefined || isNew(pod))) podOn.set(nodeName, pod);
  }
  function isNew({ metadata }: KubeObject): boolean {
    return current !== undefined && metadata.labels?.[hashLabel] === current;
  }

  const state: RolloutState = { ready: [], waiting: [], down: [] };
  for (const [node, pod] of [...podOn].sort(([a], [b]) => a.localeCompare(b))) {
    if (observed && isNew(pod) && isReady(pod)) state.ready.push(node);
    else if (isUp.get(node) === true)
      state.waiting.push({
        node,
        reason: isNew(pod) ? (podReason(pod) ?? "the new collector is not ready") : "the old collector runs",
      });
    else state.down.push(node);
  }
  // A node whose old pod is gone and whose new one is not there yet has no pod to be seen by.
  const missing = (status?.desiredNumberScheduled ?? 0) - podOn.size;
  const unseenDown = nodes.filter(
    ({ metadata }) => isUp.get(metadata.name) === false && !podOn.has(metadata.name),
  ).length;
  if (missing > unseenDown) state.waiting.push({ node: `${missing - unseenDown} nodes more`, reason: "no pod yet" });
  if (!observed && state.waiting.length === 0)
    state.waiting.push({ node: "all nodes", reason: "the DaemonSet is not observed yet" });

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
  if (down.length < allowed || !waiting.some(({ reason }) => reason === "the old collector runs")) return undefined;
  return `${down.join(", ")} ${down.length === 1 ? "is not Ready and uses" : "are not Ready and use"} up maxUnavailable (${asked} of ${desired} nodes is ${allowed}), so no other node's collector is replaced`;
}

/** Whether a pod or a node says that it is Ready. */
export const isReady = (object: KubeObject): boolean =>
  (object as unknown as PodFields).status?.conditions?.some(
    ({ type, status }) => type === "Ready" && status === "True",
  ) ?? false;

function podReason(pod: KubeObject): string | undefined {
  const { status } = pod as unknown as PodFields;
  for (const { state, lastState } of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const { waiting, terminated } = state ?? {};
    const said = (terminated ?? lastState?.terminated)?.message?.trim().replace(/\s*\n\s*/g, " ");
    if (waiting?.reason !== undefined && !/^(ContainerCreating|PodInitializing)$/.test(waiting.reason))
      return [waiting.reason, waiting.message, said].filter(Boolean).join(": ");
    if (terminated !== undefined && terminated.exitCode !== 0)
      return [`${terminated.reason ?? "ended"}, exit code ${terminated.exitCode ?? "unknown"}`, said]
        .filter(Boolean)
        .join(": ");
  }
  return status?.conditions?.find(
    ({ type, status: held, message }) => type === "PodScheduled" && held === "False" && message,
  )?.message;
}
