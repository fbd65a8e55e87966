import { isKind, onObjects, pathIn } from "./kubernetes";
import type { Report, ResourceCheck } from "./rule";
import { asObject, eachItem, type Plain } from "./values";

export const rbacGroup = "rbac.authorization.k8s.io";
export const roleKinds = ["ClusterRole", "Role"] as const;
export const bindingKinds = ["ClusterRoleBinding", "RoleBinding"] as const;

/** A check of every rule of every Role and ClusterRole, in any API version. */
export function onRoleRules(look: (rule: Plain, path: string, report: Report) => void): ResourceCheck {
  return onObjects(
    (object) => isKind(object, rbacGroup, ...roleKinds),
    (object, report) =>
      eachItem(object.props["rules"], pathIn(object, "rules"), report, (item, path) =>
        look(asObject(item), path, report),
      ),
  );
}
