import { names } from "../../settings/names";
import type { KubeObject } from "../cluster/kubernetes-client";
import type { StackContext } from "../stack-context";
import type { Drift } from "./findings";

interface Subject {
  kind: string;
  name: string;
  namespace?: string;
}

/** A RoleBinding or a ClusterRoleBinding. */
export interface Binding extends KubeObject {
  roleRef: { kind: string; name: string };
  subjects?: Subject[];
}

/**
 * Bindings that somebody else has made and that give the collectors' ServiceAccount more than the stack does, or give
 * the collectors' ClusterRole to somebody else. They are in no state, so that the engine cannot see them. Groups are
 * not looked at: what is given to all ServiceAccounts is given to no collector in particular.
 *
 * @throws Error if bindings may not be listed
 */
export async function foreignBindings({
  cluster,
  settings,
}: Pick<StackContext, "cluster" | "settings">): Promise<Drift[]> {
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  const [ofCluster, ofNamespaces] = await Promise.all([
    cluster.list<Binding>(`${rbac}/clusterrolebindings`),
    cluster.list<Binding>(`${rbac}/rolebindings`),
  ]);
  const ours = { namespace: settings.namespace.name, clusterRole: settings.names.clusterRole };
  return [
    ...ofCluster.flatMap((binding) => judgeBinding("ClusterRoleBinding", binding, ours)),
    ...ofNamespaces.flatMap((binding) => judgeBinding("RoleBinding", binding, ours)),
  ];
}

/** What is to be said of one binding, nothing as a rule; pure. */
export function judgeBinding(
  kind: "ClusterRoleBinding" | "RoleBinding",
  { metadata, roleRef, subjects = [] }: Binding,
  ours: { namespace: string; clusterRole: string },
): Drift[] {
  const { name, namespace } = metadata;
  if (kind === "ClusterRoleBinding" && name === ours.clusterRole) return []; // the stack's own
  const givesOurRole = roleRef.kind === "ClusterRole" && roleRef.name === ours.clusterRole;
  const at = subjects.findIndex(
    (subject) =>
      subject.kind === "ServiceAccount" &&
      subject.name === names.serviceAccount &&
      (subject.namespace ?? namespace) === ours.namespace,
  );
  if (at < 0 && !givesOurRole) return [];
  const object = { apiVersion: "rbac.authorization.k8s.io/v1", kind, name, ...(namespace && { namespace }) };
  // Others may need a binding that the collectors are only one subject of.
  const path = givesOurRole || subjects.length === 1 ? [] : ["subjects", at];
  const whom = subjects.map((subject) => `${subject.kind} ${subject.namespace ?? ""}/${subject.name}`).join(", ");
  return [
    {
      resource: `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`,
      field: path.length === 0 ? "" : `subjects[${at}]`,
      expected: undefined,
      found: `${whom} bound to ${roleRef.kind} ${roleRef.name}`,
      added: { ...object, path },
    },
  ];
}
