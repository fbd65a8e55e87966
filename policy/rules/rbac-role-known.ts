/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
 */
import { nameOf, namespaceOf, objectsOf, pathIn, type KubernetesObject } from "../kubernetes";
import { isBinding, isRole } from "../rbac";
import type { StackRule } from "../rule";
import { asObject, guarded, text } from "../values";
import { rolesForWorkloads } from "./rbac-binding";

/** Roles of the cluster that read what everybody may see. Source: kubernetes.io, RBAC, default roles */
const harmless = ["view", "extension-apiserver-authentication-reader", ...rolesForWorkloads];

// Rule rbac-binding says that these grant too much.
const saidAlready = /^(cluster-admin|admin|edit|system:.*|)$/;

export const rbacRoleKnown: StackRule = {
  name: "rbac-role-known",
  description: "A binding names a role of its own stack, so that a review of the stack sees what is granted.",
  severity: "high",
  remediation: "Write the role into this stack, or name the binding in this rule's `except` with the reason.",
  url: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
  stackCheck: (resources, reportOn) => {
    const objects = objectsOf(resources, reportOn);
    const roles = new Set<string>();
    for (const role of objects.filter(isRole))
      guarded(reportOn(role.resource), () => void roles.add(keyOf(role.kind, role)));
    for (const binding of objects.filter(isBinding))
      guarded(reportOn(binding.resource), () => {
        const { kind, name } = asObject(binding.props["roleRef"]);
        const role = text(name);
        if (saidAlready.test(role) || harmless.includes(role)) return;
        const own = roles.has(keyOf(text(kind) || "ClusterRole", binding, role));
        if (!own)
          reportOn(binding.resource).violation(
            pathIn(binding, "roleRef", "name"),
            "is a role that is not of this stack, so nobody sees here what it grants",
          );
      });
  },
};

function keyOf(kind: string, object: KubernetesObject, name = nameOf(object)): string {
  return kind === "Role" ? `Role ${namespaceOf(object)}/${name}` : `ClusterRole ${name}`;
}
