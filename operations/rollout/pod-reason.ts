import type { KubeObject } from "../cluster/kubernetes-client";
import { messageOf, warningsAbout, type KubeEvent } from "./events";

/** What of a pod says where it is, and why it does not run. */
export interface PodFields {
  spec: {
    nodeName?: string;
    affinity?: {
      nodeAffinity?: {
        requiredDuringSchedulingIgnoredDuringExecution?: {
          nodeSelectorTerms?: { matchFields?: { key: string; operator: string; values?: string[] }[] }[];
        };
      };
    };
  };
  status?: {
    phase?: string;
    /** Set where the kubelet refuses a pod, or ends it: `Evicted`, `OutOfcpu`, `NodeAffinity`. */
    reason?: string;
    message?: string;
    conditions?: Condition[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

interface Condition {
  type: string;
  status: string;
  reason?: string;
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

/** Reasons of a container that only say that it is being made; what it waits for is then in the pod's events. */
const underWay = /^(ContainerCreating|PodInitializing)$/;

/** Events that are no reason: a probe of a process that has just been started, and a restart that the status tells of. */
const besideThePoint = /^(Unhealthy|BackOff|FailedPreStopHook|Killing|NodeNotReady)$/;

/**
 * The node that a pod is on, or that it is for: the DaemonSet's controller names the node in the pod's affinity, and the
 * scheduler binds it. Undefined if a pod without a node names none.
 */
export function nodeOf(pod: KubeObject): string | undefined {
  const { nodeName, affinity } = (pod as unknown as PodFields).spec;
  if (nodeName !== undefined && nodeName !== "") return nodeName;
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const fields = terms.flatMap(({ matchFields = [] }) => matchFields);
  const named = fields.find(({ key, operator }) => key === "metadata.name" && operator === "In");
  return named?.values?.[0];
}

/** Why a pod does not run, in the words of the scheduler, the kubelet or its own container; undefined if nothing says so. */
export function podReason(pod: KubeObject, events: readonly KubeEvent[]): string | undefined {
  const { status } = pod as unknown as PodFields;
  const told = withColons([status?.reason, status?.message]);
  if (told !== undefined) return told;
  for (const { state, lastState } of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
    const { waiting, terminated } = state ?? {};
    const ended = terminated ?? lastState?.terminated;
    const said = ended?.message?.trim().replace(/\s*\n\s*/g, " ");
    if (waiting?.reason !== undefined && !underWay.test(waiting.reason)) {
      const killed = ended?.reason === "OOMKilled" ? ended.reason : undefined;
      return withColons([waiting.reason, waiting.message, killed, said]);
    }
    if (terminated !== undefined && terminated.exitCode !== 0)
      return withColons([`${terminated.reason ?? "ended"}, exit code ${terminated.exitCode ?? "unknown"}`, said]);
  }
  const [event] = warningsAbout(events, pod.metadata.uid).filter(({ reason = "" }) => !besideThePoint.test(reason));
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  const unscheduled = scheduled?.status === "False" ? scheduled.message : undefined;
  // On Fargate the event is another scheduler's, and the condition may have no words yet.
  const words = unscheduled ?? (event === undefined ? undefined : withColons([eventReason(event), messageOf(event)]));
  return words === undefined ? undefined : schedulerReason(words);
}

/** A scheduler's own sentence needs no title; a volume or a sandbox that fails does. */
const eventReason = ({ reason }: KubeEvent): string | undefined => (reason === "FailedScheduling" ? undefined : reason);

function withColons(parts: readonly (string | undefined)[]): string | undefined {
  const said = parts.filter((part) => part !== undefined && part !== "");
  return said.length === 0 ? undefined : said.join(": ");
}

/** Said of every node but the pod's own: that the DaemonSet's controller wants this pod elsewhere. */
const otherNodes =
  /node\(s\) didn't (?:match Pod's node affinity\/selector|match node selector|satisfy plugin\(s\) \[NodeAffinity\])/;

/**
 * Of a sentence of the scheduler what is about the pod's own node: `Insufficient cpu` of `0/2 nodes are available: 1
 * Insufficient cpu, 1 node(s) didn't satisfy plugin(s) [NodeAffinity]. preemption: …`. Any other text as it is. Pure.
 */
export function schedulerReason(message: string): string {
  const [, list] = /^\d+\/\d+ nodes are available: (.*?)\.?(?:\s+preemption: .*)?$/s.exec(message.trim()) ?? [];
  if (list === undefined) return message;
  // A taint holds commas and colons of its own: only a count begins another part.
  const parts = list.split(/, (?=\d+ )/).map((part) => part.replace(/^\d+ /, "").replace(/\.$/, ""));
  const own = parts.filter((part) => !otherNodes.test(part));
  return (own.length > 0 ? own : parts).join(", ");
}
