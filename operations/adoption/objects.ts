import { kubePath, type KubeObject } from "../cluster/kubernetes-client";
import type { RecordedResource } from "../recording/record-program";

/** Something that keeps `--apply` from going on. */
export interface Obstacle {
  problem: string;
  remedy: string;
  /** `--force` goes on in spite of it: nothing that runs would be lost, but lines may come twice, or nobody can tell. */
  forced?: true;
}

/** An object that the program declares and the cluster has already. */
export interface TakenOver {
  resource: RecordedResource;
  live: KubeObject;
  /** `import`: into the state, then changed in place. `hand over`: deleted without its pods, and made anew around them. */
  how: "import" | "hand over";
}

/** An object as the program declares it. */
export interface Declared {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

/** `DaemonSet monitoring/alloy` */
export function objectName(kind: string, metadata: { name?: string; namespace?: string }): string {
  return `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name ?? ""}`;
}

/** The same of an object that is to be taken over; a list leaves out the kind, the declaration has it. */
export const takenName = ({ resource, live }: TakenOver): string =>
  objectName((resource.inputs as { kind: string }).kind, live.metadata);

/** Its path at the API server. */
export const pathOfTaken = ({ resource, live: { metadata } }: TakenOver): string => {
  const { apiVersion, kind } = resource.inputs as { apiVersion: string; kind: string };
  return kubePath({ apiVersion, kind, ...metadata });
};

/** The Kubernetes objects of a recording that are to be made, the namespace left out: it is never taken over. */
export function declaredObjects(
  resources: readonly RecordedResource[],
): { resource: RecordedResource; object: Declared; path: string }[] {
  return resources
    .filter(({ type, custom, read }) => type.startsWith("kubernetes:") && custom && !read)
    .map((resource) => ({ resource, object: resource.inputs as Declared }))
    .filter(({ object }) => object.kind !== "Namespace")
    .map(({ resource, object }) => ({
      resource,
      object,
      path: kubePath({ apiVersion: object.apiVersion, kind: object.kind, ...object.metadata }),
    }));
}
