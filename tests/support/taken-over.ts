import type { TakenOver } from "../../operations/adoption/objects";
import type { KubeObject } from "../../operations/cluster/kubernetes-client";

export type Metadata = Partial<KubeObject["metadata"]>;

/** An object called `alloy` that is to be taken over, with what of it counts. */
export function taken(kind: string, metadata: Metadata = {}, fields: Record<string, unknown> = {}): TakenOver {
  const place = kind.startsWith("Cluster") ? {} : { namespace: "monitoring" };
  const inputs = {
    apiVersion: "v1",
    kind,
    metadata: { name: "alloy", ...place },
    ...(kind === "ClusterRoleBinding" && { roleRef: { kind: "ClusterRole", name: "alloy" } }),
  };
  return {
    resource: { inputs } as unknown as TakenOver["resource"],
    live: { metadata: { name: "alloy", ...place, uid: kind, ...metadata }, ...fields },
    how: kind === "DaemonSet" ? "hand over" : "import",
  };
}
