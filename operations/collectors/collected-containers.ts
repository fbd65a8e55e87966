import { RE2JS } from "re2js";

import type { Settings } from "../../settings/schema";

/** One container whose log a collector reads. */
export interface LoggingContainer {
  namespace: string;
  pod: string;
  container: string;
}

/** What of a pod decides which of its containers are read, in the shape that every Kubernetes client gives. */
export interface CountedPod {
  metadata?: {
    name?: string;
    namespace?: string;
    annotations?: Record<string, string>;
    ownerReferences?: { uid: string }[];
  };
  spec?: { nodeName?: string; containers: { name: string }[]; initContainers?: { name: string }[] };
}

/**
 * That part of a pod alone: a cluster may have tens of thousands, and each has ten times as much; pure.
 *
 * @param annotation the one that is read
 */
export function countedPod({ metadata = {}, spec }: CountedPod, annotation: string): CountedPod {
  const { name, namespace, annotations, ownerReferences } = metadata;
  const names = (containers: readonly { name: string }[]): { name: string }[] =>
    containers.map((one) => ({ name: one.name }));
  const mark = annotations?.[annotation];
  return {
    metadata: {
      ...(name !== undefined && { name }),
      ...(namespace !== undefined && { namespace }),
      ...(mark !== undefined && { annotations: { [annotation]: mark } }),
      ...(ownerReferences && { ownerReferences: ownerReferences.map(({ uid }) => ({ uid })) }),
    },
    ...(spec && {
      spec: {
        ...(spec.nodeName !== undefined && { nodeName: spec.nodeName }),
        containers: names(spec.containers),
        ...(spec.initContainers && { initContainers: names(spec.initContainers) }),
      },
    }),
  };
}

/**
 * The containers of these pods that collectors with these settings read: on the nodes and in the namespaces that count,
 * and not opted out. Pure; the pipeline's discovery section says the same to Alloy.
 *
 * @param without uid of an owner whose pods are left out: an old DaemonSet's are gone when the new ones begin
 */
export function collectedContainers(
  pods: readonly CountedPod[],
  { nodeSelector, logs }: Pick<Settings, "nodeSelector" | "logs">,
  without?: string,
): LoggingContainer[] {
  const whole = (expression: string): RE2JS => RE2JS.compile(`^(?:${expression})$`);
  const [node, included] = [whole(nodeSelector), whole(logs.includeNamespaces)];
  const excluded = logs.excludeNamespaces === "" ? undefined : whole(logs.excludeNamespaces);
  return pods.flatMap(({ metadata = {}, spec }) => {
    const { name: pod = "", namespace = "", annotations, ownerReferences = [] } = metadata;
    if (spec?.nodeName === undefined || !node.matches(spec.nodeName)) return [];
    if (!included.matches(namespace) || excluded?.matches(namespace) === true) return [];
    if (annotations?.[logs.optOutAnnotation] === "false") return [];
    if (without !== undefined && ownerReferences.some(({ uid }) => uid === without)) return [];
    return [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => ({
      namespace,
      pod,
      container: name,
    }));
  });
}
