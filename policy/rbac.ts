import { isKind, onObjects, pathIn, type KubernetesObject } from "./kubernetes";
import type { Report, ResourceCheck } from "./rule";
import { asObject, eachItem, type Plain } from "./values";

export const rbacGroup = "rbac.authorization.k8s.io";
export const roleKinds = ["ClusterRole", "Role"] as const;
export const bindingKinds = ["ClusterRoleBinding", "RoleBinding"] as const;

// OpenShift serves the same kinds a second time. Source: docs.openshift.com, Role APIs, authorization.openshift.io/v1
const rbacGroups = [rbacGroup, "authorization.openshift.io"];

export const isRole = (object: KubernetesObject): boolean =>
  rbacGroups.some((group) => isKind(object, group, ...roleKinds));

export const isBinding = (object: KubernetesObject): boolean =>
  rbacGroups.some((group) => isKind(object, group, ...bindingKinds));

/** A check of every rule of every Role and ClusterRole, in any API version. */
export function onRoleRules(
  look: (rule: Plain, path: string, report: Report, role: KubernetesObject) => void,
): ResourceCheck {
  return onObjects(isRole, (object, report) =>
    eachItem(object.props["rules"], pathIn(object, "rules"), report, (item, path) =>
      look(asObject(item), path, report, object),
    ),
  );
}
