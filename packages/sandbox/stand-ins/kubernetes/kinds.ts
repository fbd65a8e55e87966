/** Group, version and kind of an object. The core group's name is empty. */
export interface Gvk {
  group: string;
  version: string;
  kind: string;
}

/** What the plugin has to know of a kind without asking a server, which may be away. */
interface Kind {
  namespaced: boolean;
  /** The server fills `status`, so that it is unknown in a preview. */
  status: boolean;
}

const namespaced: Kind = { namespaced: true, status: false };
const withStatus: Kind = { namespaced: true, status: true };
const cluster: Kind = { namespaced: false, status: false };
const clusterWithStatus: Kind = { namespaced: false, status: true };

/** Every type that is implemented, by its token's module and name. */
const KINDS: Record<string, Kind> = {
  "core/v1:Namespace": clusterWithStatus,
  "core/v1:ServiceAccount": namespaced,
  "core/v1:ConfigMap": namespaced,
  "core/v1:Secret": namespaced,
  "core/v1:Service": withStatus,
  "core/v1:Pod": withStatus,
  "apps/v1:DaemonSet": withStatus,
  "apps/v1:Deployment": withStatus,
  "rbac.authorization.k8s.io/v1:ClusterRole": cluster,
  "rbac.authorization.k8s.io/v1:ClusterRoleBinding": cluster,
  "rbac.authorization.k8s.io/v1:Role": namespaced,
  "rbac.authorization.k8s.io/v1:RoleBinding": namespaced,
  "discovery.k8s.io/v1:EndpointSlice": namespaced,
  "networking.k8s.io/v1:NetworkPolicy": namespaced,
  "monitoring.coreos.com/v1:PodMonitor": withStatus,
  "monitoring.coreos.com/v1:PrometheusRule": withStatus,
  "apiextensions.k8s.io/v1:CustomResourceDefinition": clusterWithStatus,
};

export function supportsType(token: string): boolean {
  const [pkg, ...rest] = token.split(":");
  return pkg === "kubernetes" && rest.join(":") in KINDS;
}

/** Reads the kind from a type token such as `kubernetes:apps/v1:DaemonSet`. */
export function gvkOfType(token: string): Gvk {
  const [, module = "", kind = ""] = token.split(":");
  const [group = "", version = ""] = module.split("/");
  return { group: group === "core" ? "" : group, version, kind };
}

export function apiVersionOf(gvk: Gvk): string {
  return gvk.group === "" ? gvk.version : `${gvk.group}/${gvk.version}`;
}

function kindOf(gvk: Gvk): Kind {
  return KINDS[`${gvk.group === "" ? "core" : gvk.group}/${gvk.version}:${gvk.kind}`] ?? namespaced;
}

export const isNamespaced = (gvk: Gvk): boolean => kindOf(gvk).namespaced;
export const hasStatus = (gvk: Gvk): boolean => kindOf(gvk).status;
/** True for kinds that a CustomResourceDefinition brings: the plugin does not know their fields' types. */
export const isCustom = (gvk: Gvk): boolean => gvk.group === "monitoring.coreos.com";
