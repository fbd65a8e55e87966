/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
 */
import { onObjects, pathIn } from "../kubernetes";
import { isBinding } from "../rbac";
import type { Rule } from "../rule";
import { asArray, asObject, eachItem, text } from "../values";

const broadRoles = ["cluster-admin", "admin", "edit"];

/**
 * Kubernetes' own roles that are made for workloads: who serves a part of the API checks its callers with these.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#other-component-roles
 */
export const rolesForWorkloads: readonly string[] = ["system:auth-delegator"];

export const rbacBinding: Rule = {
  name: "rbac-binding",
  description: "A binding gives a role of its own to named ServiceAccounts, never to groups, users or `default`.",
  severity: "critical",
  remediation: "Bind a role that lists what is needed to a ServiceAccount made for this one workload.",
  url: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
  checks: [
    onObjects(isBinding, (object, report) => {
      const role = text(asObject(object.props["roleRef"])["name"]);
      const path = pathIn(object, "roleRef", "name");
      if (role === "" && !object.patch) report.violation(path, "is missing");
      else if (broadRoles.includes(role) || (role.startsWith("system:") && !rolesForWorkloads.includes(role)))
        report.violation(path, "is one of Kubernetes' own roles, which grants far more than one workload needs");
    }),
    onObjects(isBinding, (object, report) => {
      const path = pathIn(object, "subjects");
      const subjects = object.props["subjects"];
      if (asArray(subjects).length === 0 && !object.patch) report.violation(path, "names nobody");
      eachItem(subjects, path, report, (item, itemPath) => {
        const { kind, name, namespace } = asObject(item);
        if (kind !== "ServiceAccount")
          report.violation(`${itemPath}.kind`, "is not ServiceAccount: users and groups are granted elsewhere");
        else if (text(name) === "" || name === "default")
          report.violation(`${itemPath}.name`, "is the ServiceAccount that every other pod of the namespace has too");
        else if (text(namespace) === "") report.violation(`${itemPath}.namespace`, "is missing");
      });
    }),
    // OpenShift's own bindings name people beside the subjects.
    onObjects(isBinding, (object, report) => {
      for (const field of ["userNames", "groupNames"])
        if (asArray(object.props[field]).length > 0)
          report.violation(pathIn(object, field), "names users or groups, who are granted elsewhere");
    }),
  ],
};
