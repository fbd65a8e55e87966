import type { V1Container } from "@kubernetes/client-node";

import type { Pod } from "./pod-types";
import type { Condition, ContainerRecord } from "./status";

/** Conditions as the API server has them; in JSON their times are text. */
export function apiConditions(pod: Pod): Condition[] {
  return (pod.status?.conditions ?? []) as unknown as Condition[];
}

/** A container's record as this agent finds it: one that an earlier agent ran has ended with it. */
export function firstRecord(pod: Pod, container: V1Container): ContainerRecord {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const before = statuses.find((status) => status.name === container.name);
  const { running, terminated } = before?.state ?? {};
  const ran = running !== undefined || terminated !== undefined;
  return {
    name: container.name,
    image: container.image ?? "",
    state: { waiting: { reason: "ContainerCreating" } },
    lastState: running === undefined ? undefined : endedWithAgent(String(running.startedAt)),
    restartCount: (before?.restartCount ?? 0) + (ran ? 1 : 0),
    started: false,
    ready: false,
  };
}

function endedWithAgent(startedAt: string): ContainerRecord["lastState"] {
  const message = "the node agent ended, and the container with it";
  const finishedAt = new Date().toISOString();
  return { terminated: { exitCode: 137, reason: "ContainerStatusUnknown", message, startedAt, finishedAt } };
}
