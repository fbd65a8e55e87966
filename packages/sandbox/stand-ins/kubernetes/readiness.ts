import type { KubernetesObject } from "./objects";

/** How far an object is. */
export interface Readiness {
  ready: boolean;
  message: string;
}

/** Kinds that are waited for after create and update, in seconds until it counts as failed. */
const DEFAULT_TIMEOUTS: Record<string, number> = { DaemonSet: 600, Deployment: 600, Pod: 600 };

export function awaitSeconds(kind: string): number | undefined {
  return DEFAULT_TIMEOUTS[kind];
}

/** Whether an object has reached what its spec asks for, by the rules of kstatus (sigs.k8s.io/cli-utils). */
export function readiness(object: KubernetesObject): Readiness {
  const kind = object.kind ?? "";
  const status = (object["status"] ?? {}) as Status;
  const generation = object.metadata?.generation;
  if (generation !== undefined && status.observedGeneration !== undefined && status.observedGeneration !== generation) {
    return wait(`${kind} generation is ${generation}, but latest observed generation is ${status.observedGeneration}`);
  }
  switch (kind) {
    case "DaemonSet":
      return daemonSet(status);
    case "Deployment":
      return deployment(status, ((object["spec"] ?? {}) as { replicas?: number }).replicas ?? 1);
    case "Pod":
      return pod(object, status);
    default:
      return { ready: true, message: "Resource is current" };
  }
}

interface Status {
  observedGeneration?: number;
  desiredNumberScheduled?: number;
  currentNumberScheduled?: number;
  updatedNumberScheduled?: number;
  numberAvailable?: number;
  numberReady?: number;
  updatedReplicas?: number;
  availableReplicas?: number;
  replicas?: number;
  phase?: string;
  conditions?: Condition[];
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
}

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

interface ContainerStatus {
  name: string;
  ready?: boolean;
  state?: { waiting?: { reason?: string; message?: string }; terminated?: Terminated };
  lastState?: { terminated?: Terminated };
}

interface Terminated {
  reason?: string;
  message?: string;
  exitCode?: number;
  finishedAt?: string;
}

function wait(message: string): Readiness {
  return { ready: false, message };
}

function daemonSet(status: Status): Readiness {
  if (status.observedGeneration === undefined) return wait("Missing status.observedGeneration");
  const desired = status.desiredNumberScheduled;
  if (desired === undefined) return wait("Missing .status.desiredNumberScheduled");
  const counts: [string, number | undefined][] = [
    ["Current", status.currentNumberScheduled],
    ["Updated", status.updatedNumberScheduled],
    ["Available", status.numberAvailable],
    ["Ready", status.numberReady],
  ];
  for (const [name, count = 0] of counts) if (desired > count) return wait(`${name}: ${count}/${desired}`);
  return { ready: true, message: `All replicas scheduled as expected. Replicas: ${desired}` };
}

function deployment(status: Status, desired: number): Readiness {
  if (status.observedGeneration === undefined) return wait("Missing status.observedGeneration");
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  if (desired > updatedReplicas) return wait(`Updated: ${updatedReplicas}/${desired}`);
  if (replicas > desired) return wait(`Pending termination: ${replicas - desired}`);
  if (desired > availableReplicas) return wait(`Available: ${availableReplicas}/${desired}`);
  return { ready: true, message: `Deployment is available. Replicas: ${desired}` };
}

function pod(object: KubernetesObject, status: Status): Readiness {
  if (status.phase === "Succeeded" || condition(status, "Ready")?.status === "True") {
    return { ready: true, message: "Pod is Ready" };
  }
  return wait(podProblem(object) ?? `Waiting for Pod ${JSON.stringify(podName(object))} to be ready`);
}

const condition = (status: Status, type: string): Condition | undefined =>
  status.conditions?.find((c) => c.type === type);

function podName(pod: KubernetesObject): string {
  const { namespace, name } = pod.metadata ?? {};
  return namespace === undefined || namespace === "default" ? String(name) : `${namespace}/${name}`;
}

/** Why a pod is not ready: what the scheduler and its containers say, in the official plugin's form. */
export function podProblem(object: KubernetesObject): string | undefined {
  const status = (object["status"] ?? {}) as Status;
  if (condition(status, "Ready")?.status === "True" || status.phase === "Succeeded") return undefined;
  const unscheduled = condition(status, "PodScheduled");
  const failing = unscheduled?.status === "False" ? unscheduled : condition(status, "Ready");
  const said = failing?.reason && failing.message ? failing.message : "";
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].flatMap(
    containerProblems,
  );
  if (said === "" && containers.length === 0) return undefined;
  return `[Pod ${podName(object)}]: ${[said, ...containers].filter(Boolean).join("; ")}`;
}

function containerProblems({ name, ready, state, lastState }: ContainerStatus): string[] {
  if (ready) return [];
  const problems: string[] = [];
  const waiting = state?.waiting;
  if (waiting !== undefined && !["ContainerCreating", "PodInitializing"].includes(waiting.reason ?? "")) {
    problems.push(`[${waiting.reason ?? ""}] ${waiting.message ?? ""}`.trim());
  }
  const ended = state?.terminated;
  if (ended?.reason && ended.reason !== "Completed") {
    problems.push(
      ended.message
        ? `[${ended.reason}] ${ended.message}`
        : `container ${JSON.stringify(name)} completed with exit code ${ended.exitCode ?? 0}`,
    );
  }
  const last = lastState?.terminated;
  if (last !== undefined) {
    const how = `${last.reason ?? ""}: exit code ${last.exitCode ?? 0}`;
    problems.push(
      `container ${JSON.stringify(name)} terminated at ${last.finishedAt ?? ""} (${how})${last.message ? `: ${last.message}` : ""}`,
    );
  }
  return problems;
}
