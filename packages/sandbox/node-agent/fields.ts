import type { V1Container, V1ObjectFieldSelector, V1Pod, V1ResourceFieldSelector } from "@kubernetes/client-node";

import { SetupError, unsupported } from "./errors";
import { parseQuantity } from "../../../kit/units";

/** What the agent knows of a pod beyond its object. */
export interface PodFacts {
  podIP: string;
  hostIP: string;
  /** Allocatable resources of the node: the value of a limit that the container does not set. */
  allocatable: Record<string, string>;
}

const plainFields: Record<string, (pod: V1Pod, facts: PodFacts) => string> = {
  "metadata.name": (pod) => pod.metadata?.name ?? "",
  "metadata.namespace": (pod) => pod.metadata?.namespace ?? "",
  "metadata.uid": (pod) => pod.metadata?.uid ?? "",
  "metadata.labels": (pod) => formatMap(pod.metadata?.labels),
  "metadata.annotations": (pod) => formatMap(pod.metadata?.annotations),
  "spec.nodeName": (pod) => pod.spec?.nodeName ?? "",
  "spec.serviceAccountName": (pod) => pod.spec?.serviceAccountName ?? "",
  "status.podIP": (_pod, facts) => facts.podIP,
  "status.podIPs": (_pod, facts) => facts.podIP,
  "status.hostIP": (_pod, facts) => facts.hostIP,
  "status.hostIPs": (_pod, facts) => facts.hostIP,
};

/** The value of a `fieldRef`, as the downward API gives it. */
export function fieldValue(pod: V1Pod, facts: PodFacts, ref: V1ObjectFieldSelector): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(ref.fieldPath);
  if (keyed) return pod.metadata?.[keyed[1] as "labels" | "annotations"]?.[keyed[2] ?? ""] ?? "";
  const read = plainFields[ref.fieldPath];
  if (read === undefined) throw unsupported(`fieldRef ${ref.fieldPath}`);
  return read(pod, facts);
}

/** The value of a `resourceFieldRef`; an unset limit is the node's allocatable amount, an unset request 0. */
export function resourceValue(
  pod: V1Pod,
  container: V1Container | undefined,
  facts: PodFacts,
  ref: V1ResourceFieldSelector,
): string {
  const name = ref.containerName;
  const of = name === undefined ? container : pod.spec?.containers.find((candidate) => candidate.name === name);
  if (of === undefined) throw new SetupError("CreateContainerConfigError", `no container ${name ?? ""} in the pod`);
  const [kind, resource = ""] = ref.resource.split(/\.(.*)/);
  const set = of.resources?.[kind === "limits" ? "limits" : "requests"]?.[resource];
  const unset = kind === "limits" ? (facts.allocatable[resource] ?? "0") : "0";
  return divideQuantity(set ?? unset, ref.divisor);
}

/** Labels or annotations as a downward API file holds them: `key="value"`, sorted. */
function formatMap(map: Record<string, string> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join("\n");
}

/** A quantity in units of `divisor`, rounded up, as `resourceFieldRef` gives it. Divisor 0 and none mean 1. */
export function divideQuantity(text: string, divisor = "1"): string {
  const by = quantityOf(divisor) || 1;
  // 0.1 / 0.001 is 100.00000000000001: the rounding must not make 101 of it.
  return String(Math.ceil(Number((quantityOf(text) / by).toPrecision(12))));
}

function quantityOf(text: string): number {
  const value = parseQuantity(text);
  if (value === undefined) throw new Error(`${text} is not a Kubernetes quantity`);
  return value;
}
