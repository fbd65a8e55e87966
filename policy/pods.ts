import { eachObject, pathIn, type KubernetesObject } from "./kubernetes";
import type { Report, ResourceCheck, RuleConfig } from "./rule";
import { asObject, at, eachItem, guarded, settled, text, type Plain } from "./values";

/** A pod, or the template of one. */
export interface PodRef {
  object: KubernetesObject;
  /** The pod's spec; empty where the object has none (see rule `workload-readable`). */
  spec: Plain;
  /** Path of the spec inside the resource. */
  path: string;
  /** Path of the pod's metadata inside the resource, beside the spec. */
  metadataPath: string;
  /** Read when asked for: it is another family of properties. */
  metadata(): Plain;
}

/** Where a container stands; every rule looks at all three lists. */
export type Position = "containers" | "initContainers" | "ephemeralContainers";

export interface ContainerRef {
  pod: PodRef;
  position: Position;
  index: number;
  name: string;
  container: Plain;
  /** Path of the container inside the resource. */
  path: string;
}

export const positions: readonly Position[] = ["containers", "initContainers", "ephemeralContainers"];

/** Where a container's probes and hooks stand in it; each may run a command or call a URL. */
export const handlers: readonly (readonly string[])[] = [
  ["livenessProbe"],
  ["readinessProbe"],
  ["startupProbe"],
  ["lifecycle", "postStart"],
  ["lifecycle", "preStop"],
];

const inTemplate = ["spec", "template"];

/** Path from the object to what holds the pod's metadata and spec. */
const templatePaths: { groups: string[]; kinds: string[]; path: string[] }[] = [
  { groups: [""], kinds: ["Pod"], path: [] },
  { groups: [""], kinds: ["PodTemplate"], path: ["template"] },
  { groups: [""], kinds: ["ReplicationController"], path: inTemplate },
  { groups: ["apps", "extensions"], kinds: ["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"], path: inTemplate },
  { groups: ["batch"], kinds: ["Job"], path: inTemplate },
  { groups: ["batch"], kinds: ["CronJob"], path: ["spec", "jobTemplate", ...inTemplate] },
];

/** The pod of a workload in any API version; undefined for what runs no pod. */
export function podOf(object: KubernetesObject): PodRef | undefined {
  const place = templatePaths.find(
    ({ groups, kinds }) => groups.includes(object.group) && kinds.includes(object.kind),
  )?.path;
  if (place === undefined) return undefined;
  const props = settled(object.props);
  return {
    object,
    spec: settled(asObject(at(props, ...place, "spec"))),
    path: pathIn(object, ...place, "spec"),
    metadataPath: pathIn(object, ...place, "metadata"),
    metadata: () => asObject(at(props, ...place, "metadata")),
  };
}

/** A check of every pod and pod template. */
export function onPods(look: (pod: PodRef, report: Report, config: RuleConfig) => void): ResourceCheck {
  return (resource, report, config) =>
    eachObject(resource, report, (object) => {
      const pod = podOf(object);
      if (pod) look(pod, report, config);
    });
}

/** Every container of a pod: ordinary, init and ephemeral ones. */
export function eachContainer(pod: PodRef, report: Report, look: (container: ContainerRef) => void): void {
  for (const position of positions) {
    guarded(report, () =>
      eachItem(pod.spec[position], `${pod.path}.${position}`, report, (item, path, index) => {
        const container = asObject(item);
        look({ pod, position, index, name: text(container["name"]), container, path });
      }),
    );
  }
}

/** A check of every container of every pod. */
export function onContainers(
  look: (container: ContainerRef, report: Report, config: RuleConfig) => void,
): ResourceCheck {
  return onPods((pod, report, config) => eachContainer(pod, report, (container) => look(container, report, config)));
}

/** The security context of a container. */
export function securityOf(ref: ContainerRef): Plain {
  return asObject(ref.container["securityContext"]);
}

/** The security context of the whole pod. */
export function podSecurityOf(pod: PodRef): Plain {
  return asObject(pod.spec["securityContext"]);
}
