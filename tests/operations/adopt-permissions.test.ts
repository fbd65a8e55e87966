import assert from "node:assert/strict";

import type { TakenOver } from "../../operations/adoption/objects";
import { permissionChanges, permissionObstacles, type RoleUse } from "../../operations/adoption/permissions";
import { taken } from "../support/taken-over";

describe("permissions that others have, too", () => {
  const account = { namespace: "monitoring", name: "alloy" };
  const use = (kind: RoleUse["kind"], name: string, subject: string, namespace?: string): RoleUse => ({
    ...{ kind, name, role: { kind: "ClusterRole", name: "alloy" } },
    subjects: [{ kind: "ServiceAccount", namespace: "monitoring", name: subject }],
    ...(namespace && { namespace }),
  });
  const judge = (one: TakenOver, ...uses: RoleUse[]): string =>
    permissionObstacles(one, uses, account)
      .map(({ problem }) => problem)
      .join("\n");

  it("a role that another binding gives away is an obstacle", () => {
    const role = taken("ClusterRole");
    assert.equal(judge(role, use("ClusterRoleBinding", "alloy", "alloy")), "");
    assert.equal(judge(role, use("RoleBinding", "also", "alloy", "shop")), "");
    assert.match(
      judge(role, use("ClusterRoleBinding", "alloy-traces", "alloy-traces"), use("RoleBinding", "x", "viewer", "shop")),
      /^ClusterRole alloy has other users: ClusterRoleBinding alloy-traces gives it to ServiceAccount monitoring\/alloy-traces; RoleBinding shop\/x gives it to/,
    );
  });

  it("a role that is put together from others, or is a part of them, is an obstacle", () => {
    assert.match(judge(taken("ClusterRole", {}, { aggregationRule: {} })), /put together from other roles/);
    assert.match(
      judge(taken("ClusterRole", { labels: { "rbac.authorization.k8s.io/aggregate-to-view": "true" } })),
      /a part of other roles/,
    );
  });

  it("a binding for others, or with another role, is an obstacle", () => {
    const roleRef = { kind: "ClusterRole", name: "alloy" };
    const subject = (name: string, namespace = "monitoring"): object => ({ kind: "ServiceAccount", namespace, name });
    assert.equal(judge(taken("ClusterRoleBinding", {}, { roleRef, subjects: [subject("alloy")] })), "");
    assert.match(
      judge(taken("ClusterRoleBinding", {}, { roleRef, subjects: [subject("alloy"), subject("alloy-metrics")] })),
      /binds ServiceAccount monitoring\/alloy-metrics, which is not ServiceAccount monitoring\/alloy$/,
    );
    assert.match(
      judge(taken("ClusterRoleBinding", {}, { roleRef: { kind: "ClusterRole", name: "cluster-admin" }, subjects: [] })),
      /nobody change which role/,
    );
  });

  it("what is lost is said by resource, the grave first, without what exists nowhere", () => {
    const rules = [
      {
        apiGroups: ["", "discovery.k8s.io", "networking.k8s.io"],
        resources: ["endpoints", "pods", "secrets", "ingresses"],
        verbs: ["get", "list"],
      },
    ];
    const wanted = {
      apiVersion: "v1",
      kind: "ClusterRole",
      metadata: { name: "alloy" },
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }],
    };
    assert.deepEqual(permissionChanges({ metadata: { name: "alloy" }, rules }, wanted), [
      "permissions taken away: get/list secrets, endpoints, ingresses; get pods",
    ]);
  });
});
