/**
 * @severity critical
 * @link https://kubernetes.io/docs/reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding
 */
import { isKind, onObjects, pathIn } from "../../kubernetes";
import { onPods } from "../../pods";
import { bindingKinds, rbacGroup, roleKinds } from "../../rbac";
import type { ResourceRule } from "../../rule";
import { asArray, asObject, eachItem } from "../../values";
import { isWorkload, type CanaryWorkload } from "./workload";

/** The one identity of the collectors, and the one role it has. */
export interface Identity {
  namespace: string;
  serviceAccount: string;
  clusterRole: string;
}

/** @param canary runs under a ServiceAccount of its own, to which nothing may be bound */
export function collectorBinding(
  { namespace, serviceAccount, clusterRole }: Identity,
  canary?: CanaryWorkload,
): ResourceRule {
  return {
    name: "alloy-binding",
    description:
      "The collector runs as its own ServiceAccount, and every binding gives that one the collector's role alone.",
    severity: "critical",
    remediation: "Bind the collector's ClusterRole to its ServiceAccount, and nothing to anybody else.",
    url: "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding",
    checks: [
      onObjects(
        (object) => isKind(object, rbacGroup, ...bindingKinds),
        (object, report) => {
          const { kind, name } = asObject(object.props["roleRef"]);
          if (kind !== "ClusterRole" || name !== clusterRole)
            report.violation(pathIn(object, "roleRef"), "is not the collector's ClusterRole");
        },
      ),
      onObjects(
        (object) => isKind(object, rbacGroup, ...bindingKinds),
        (object, report) => {
          const path = pathIn(object, "subjects");
          if (asArray(object.props["subjects"]).length !== 1)
            report.violation(path, "does not name exactly one subject");
          eachItem(object.props["subjects"], path, report, (item, itemPath) => {
            const subject = asObject(item);
            if (
              subject["kind"] !== "ServiceAccount" ||
              subject["name"] !== serviceAccount ||
              subject["namespace"] !== namespace
            )
              report.violation(itemPath, "is not the collector's ServiceAccount");
          });
        },
      ),
      // Under another one it would have what somebody else was granted, and none of what this stack grants.
      onPods((pod, report) => {
        const isCanary = canary !== undefined && isWorkload(pod.object, canary);
        if (pod.spec["serviceAccountName"] !== (isCanary ? canary.serviceAccount : serviceAccount))
          report.violation(
            `${pod.path}.serviceAccountName`,
            `is not the ${isCanary ? "canary" : "collector"}'s ServiceAccount`,
          );
      }),
      onObjects(
        (object) => isKind(object, rbacGroup, ...roleKinds),
        (object, report) => {
          if (asObject(object.props["metadata"])["name"] !== clusterRole || object.kind !== "ClusterRole")
            report.violation(pathIn(object, "metadata", "name"), "is a role beside the collector's own");
        },
      ),
    ],
  };
}
