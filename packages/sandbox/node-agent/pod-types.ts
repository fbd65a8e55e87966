import type { V1Pod } from "@kubernetes/client-node";

/** A pod that is bound to a node, as JSON from the API server. */
export interface Pod extends V1Pod {
  metadata: V1Pod["metadata"] & { name: string; namespace: string; uid: string };
  spec: NonNullable<V1Pod["spec"]> & { nodeName: string };
}

/** `namespace/name`, for messages. */
export function podName(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}

/** Path of a pod in the API. */
export function podPath(pod: Pod): string {
  return `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
}
