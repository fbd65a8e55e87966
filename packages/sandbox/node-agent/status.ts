import type { Pod } from "./pod-types";

/** State of a container in the words of the Kubernetes API; times are RFC 3339. */
export type ContainerState =
  | { waiting: { reason: string; message?: string } }
  | { running: { startedAt: string } }
  | {
      terminated: {
        exitCode: number;
        reason: string;
        message?: string;
        signal?: number;
        startedAt: string;
        finishedAt: string;
      };
    };

/** What the agent knows of one container. */
export interface ContainerRecord {
  name: string;
  image: string;
  state: ContainerState;
  lastState?: ContainerState;
  restartCount: number;
  /** Answer of the startup probe, or whether it runs. */
  started: boolean;
  /** Answer of the readiness probe; for an init container, whether it succeeded. */
  ready: boolean;
  containerID?: string;
}

/** A condition as the API server has it. */
export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/** What the status is computed from. */
export interface StatusInput {
  pod: Pod;
  init: readonly ContainerRecord[];
  containers: readonly ContainerRecord[];
  /** Conditions that the API server has now: unchanged ones keep their time, other writers' ones are kept. */
  conditions: readonly Condition[];
  startTime: string;
  podIP: string;
  hostIP: string;
  now: string;
}

/** The status that a kubelet would report. */
export function podStatus(input: StatusInput): Record<string, unknown> {
  const initialized = input.init.every(succeeded);
  const ready = initialized && input.containers.every((container) => container.ready);
  const phase = podPhase(input);
  const notReady = input.containers.filter((container) => !container.ready).map((container) => container.name);
  const ended = phase === "Succeeded";
  const readyCondition = (type: string): Condition =>
    ready
      ? { type, status: "True" }
      : ended
        ? { type, status: "False", reason: "PodCompleted" }
        : {
            type,
            status: "False",
            reason: "ContainersNotReady",
            message: `containers with unready status: [${notReady.join(" ")}]`,
          };
  const notInitialized = input.init.filter((container) => !succeeded(container)).map((container) => container.name);
  const initializedCondition: Condition = initialized
    ? { type: "Initialized", status: "True" }
    : {
        type: "Initialized",
        status: "False",
        reason: "ContainersNotInitialized",
        message: `containers with incomplete status: [${notInitialized.join(" ")}]`,
      };
  const started = [...input.init, ...input.containers].some((container) => !("waiting" in container.state));
  const conditions: Condition[] = [
    { type: "PodReadyToStartContainers", status: started ? "True" : "False" },
    initializedCondition,
    readyCondition("Ready"),
    readyCondition("ContainersReady"),
  ];
  return {
    phase,
    startTime: input.startTime,
    hostIP: input.hostIP,
    hostIPs: [{ ip: input.hostIP }],
    podIP: input.podIP,
    podIPs: [{ ip: input.podIP }],
    conditions: mergeConditions(input.conditions, conditions, input.now),
    initContainerStatuses: input.init.map(containerStatus),
    containerStatuses: input.containers.map(containerStatus),
  };
}

/** Whether a container that ended with this code is started again. */
export function restarts(policy: string | undefined, exitCode: number): boolean {
  if (policy === "Never") return false;
  return policy === "OnFailure" ? exitCode !== 0 : true;
}

function podPhase(input: StatusInput): "Pending" | "Running" | "Succeeded" | "Failed" {
  const policy = input.pod.spec.restartPolicy;
  const final = (container: ContainerRecord): boolean =>
    "terminated" in container.state && !restarts(policy, container.state.terminated.exitCode);
  const failed = (container: ContainerRecord): boolean =>
    "terminated" in container.state && container.state.terminated.exitCode !== 0;
  if (input.init.some((container) => failed(container) && policy === "Never")) return "Failed";
  if (!input.init.every(succeeded)) return "Pending";
  if (input.containers.every(final)) return input.containers.some(failed) ? "Failed" : "Succeeded";
  const everStarted = (container: ContainerRecord): boolean =>
    !("waiting" in container.state) || container.lastState !== undefined;
  return input.containers.every(everStarted) ? "Running" : "Pending";
}

function succeeded(container: ContainerRecord): boolean {
  return "terminated" in container.state && container.state.terminated.exitCode === 0;
}

function containerStatus(container: ContainerRecord): Record<string, unknown> {
  return {
    name: container.name,
    image: container.image,
    imageID: "",
    containerID: container.containerID ?? "",
    ready: container.ready,
    started: container.started,
    restartCount: container.restartCount,
    state: container.state,
    ...(container.lastState === undefined ? {} : { lastState: container.lastState }),
  };
}

function mergeConditions(before: readonly Condition[], computed: Condition[], now: string): Condition[] {
  const own = new Set(computed.map((condition) => condition.type));
  const updated = computed.map((condition): Condition => {
    const old = before.find((candidate) => candidate.type === condition.type);
    const same = old?.status === condition.status;
    return { ...condition, lastTransitionTime: (same ? old?.lastTransitionTime : undefined) ?? now };
  });
  return [...before.filter((condition) => !own.has(condition.type)), ...updated];
}
