/**
 * @severity high
 * @link https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
 */
import { onObjects, pathIn } from "../kubernetes";
import { isRole } from "../rbac";
import type { Rule } from "../rule";
import { asObject, fieldPath, isAbsent } from "../values";

export const rbacNoAggregation: Rule = {
  name: "rbac-no-aggregation",
  description: "A ClusterRole grants what it lists: it neither collects other roles nor adds itself to them.",
  severity: "high",
  remediation: "List the permissions in the role itself, so that a review sees them.",
  url: "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles",
  checks: [
    onObjects(
      (object) => isRole(object) && object.kind === "ClusterRole",
      (object, report) => {
        if (!isAbsent(object.props["aggregationRule"]))
          report.violation(pathIn(object, "aggregationRule"), "takes in the rules of roles that are not in this stack");
      },
    ),
    onObjects(
      (object) => isRole(object) && object.kind === "ClusterRole",
      (object, report) => {
        const labels = asObject(asObject(object.props["metadata"])["labels"]);
        for (const key of Object.keys(labels)) {
          if (key.startsWith("rbac.authorization.k8s.io/aggregate-to-"))
            report.violation(
              fieldPath(pathIn(object, "metadata", "labels"), key),
              "adds this role to one that other people hold",
              "Remove the label.",
            );
        }
      },
    ),
  ],
};
