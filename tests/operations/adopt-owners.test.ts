import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";

import { helmRecord, planHelm, releaseOf } from "../../operations/adoption/helm";
import type { TakenOver } from "../../operations/adoption/objects";
import { ownerObstacles, type Holders } from "../../operations/adoption/owners";
import { permissionChanges, permissionObstacles, type RoleUse } from "../../operations/adoption/permissions";
import type { KubeObject } from "../../operations/cluster/kubernetes-client";

type Metadata = Partial<KubeObject["metadata"]>;

function taken(kind: string, metadata: Metadata = {}, fields: Record<string, unknown> = {}): TakenOver {
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

const nobody: Holders = { applications: [], flux: [] };

const problems = (one: TakenOver, holders = nobody): string[] =>
  ownerObstacles([one], holders).obstacles.map(({ problem, forced }) => `${problem}${forced ? " [force]" : ""}`);

describe("who holds what is to be taken over", () => {
  it("a controller, such as an Alloy of its operator, is an obstacle", () => {
    const ownerReferences = [
      { apiVersion: "collectors.grafana.com/v1alpha1", kind: "Alloy", name: "logs", uid: "cr", controller: true },
    ];
    assert.match(
      problems(taken("DaemonSet", { ownerReferences }))[0] ?? "",
      /^Alloy logs \(collectors\.grafana\.com\/v1alpha1\) still manages these objects and would make them anew.*: DaemonSet monitoring\/alloy$/,
    );
    const annotations = { "operator-sdk/primary-resource": "monitoring/logs" };
    assert.match(problems(taken("ClusterRole", { annotations }))[0] ?? "", /^the operator that reads monitoring\/logs/);
  });

  const marks: [string, Metadata][] = [
    ["Operator Lifecycle Manager", { labels: { "olm.owner": "alloy.v1" } }],
    ["Rancher", { annotations: { "objectset.rio.cattle.io/id": "default-alloy" } }],
    ["kapp", { labels: { "kapp.k14s.io/app": "1700000000" } }],
    ["kpt or Config Sync", { annotations: { "config.k8s.io/owning-inventory": "abc" } }],
    ["Config Sync", { annotations: { "configmanagement.gke.io/managed": "enabled" } }],
    ["ApplySet", { labels: { "applyset.kubernetes.io/part-of": "applyset-x-v1" } }],
    ["addon manager", { labels: { "addonmanager.kubernetes.io/mode": "Reconcile" } }],
  ];
  for (const [who, metadata] of marks)
    it(`${who} is an obstacle, with a way to let go`, () => {
      const { obstacles } = ownerObstacles([taken("ServiceAccount", metadata), taken("ClusterRole", metadata)], nobody);
      assert.equal(obstacles.length, 1);
      assert.match(
        obstacles[0]?.problem ?? "",
        new RegExp(`${who}.*: ServiceAccount monitoring/alloy, ClusterRole alloy$`),
      );
      assert.ok((obstacles[0]?.remedy ?? "").length > 20);
    });

  it("nobody holds what only kubectl or Kustomize has applied", () => {
    const managedFields = [
      { manager: "kubectl-client-side-apply", operation: "Update" },
      { manager: "kube-controller-manager" },
    ];
    assert.deepEqual(
      problems(
        taken("DaemonSet", {
          managedFields,
          annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}" },
        }),
      ),
      [],
    );
    assert.deepEqual(
      problems(taken("DaemonSet", { annotations: { "configmanagement.gke.io/managed": "disabled" } })),
      [],
    );
  });

  it("a Flux Kustomization holds what its inventory has, and one that is gone holds nothing", () => {
    const labels = {
      "kustomize.toolkit.fluxcd.io/name": "apps",
      "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    };
    const flux = (...ids: string[]): Holders => ({
      applications: [],
      flux: [
        {
          kind: "Kustomization",
          metadata: { name: "apps", namespace: "flux-system" },
          status: { inventory: { entries: ids.map((id) => ({ id, v: "v1" })) } },
        },
      ],
    });
    assert.match(
      problems(taken("ServiceAccount", { labels }), flux("monitoring_alloy__ServiceAccount"))[0] ?? "",
      /^the Flux Kustomization flux-system\/apps/,
    );
    assert.deepEqual(problems(taken("ServiceAccount", { labels }), flux("monitoring_alloy__Service")), []);
    assert.match(
      problems(taken("ClusterRole", { labels }), flux("_alloy_rbac.authorization.k8s.io_ClusterRole"))[0] ?? "",
      /ClusterRole alloy$/,
    );
    assert.deepEqual(problems(taken("ServiceAccount", { labels })), []);
  });

  it("a Flux HelmRelease is suspended before it is deleted", () => {
    const labels = { "helm.toolkit.fluxcd.io/name": "alloy", "helm.toolkit.fluxcd.io/namespace": "monitoring" };
    const flux = [{ kind: "HelmRelease", metadata: { name: "alloy", namespace: "monitoring" } }];
    const { obstacles } = ownerObstacles([taken("DaemonSet", { labels })], { applications: [], flux });
    assert.match(
      obstacles[0]?.remedy ?? "",
      /^flux suspend helmrelease alloy -n monitoring, then delete it while it is suspended/,
    );
  });

  it("ArgoCD is found by the name that an application of another namespace has, and a mark without one is said", () => {
    const annotations = { "argocd.argoproj.io/tracking-id": "team_alloy:apps/DaemonSet:monitoring/alloy" };
    const one = taken("DaemonSet", { annotations });
    const applications = [{ metadata: { name: "alloy", namespace: "team" } }];
    assert.match(problems(one, { applications, flux: [] })[0] ?? "", /^the ArgoCD application alloy/);
    const { obstacles, notes } = ownerObstacles([one], nobody);
    assert.deepEqual(obstacles, []);
    assert.match(notes[0] ?? "", /if an ArgoCD of another cluster deploys here/);
  });

  it("Terraform, another Pulumi stack and the like leave only a name, so that force goes on", () => {
    for (const [manager, who] of [
      ["Terraform", "Terraform"],
      ["HashiCorp", "Terraform"],
      ["pulumi-kubernetes-1a2b", "another Pulumi stack"],
    ] as const)
      assert.match(
        problems(taken("ClusterRole", { managedFields: [{ manager, operation: "Apply" }] }))[0] ?? "",
        new RegExp(`^${who} .*\\[force\\]$`),
      );
  });

  it("what is being deleted, or has a finalizer of somebody else, is an obstacle", () => {
    assert.match(
      problems(taken("ServiceAccount", { deletionTimestamp: "2026-01-01T00:00:00Z" }))[0] ?? "",
      /is being deleted$/,
    );
    assert.match(
      problems(taken("DaemonSet", { finalizers: ["example.com/guard"] }))[0] ?? "",
      /has the finalizer example\.com\/guard/,
    );
    assert.deepEqual(problems(taken("DaemonSet", { finalizers: ["orphan"] })), []);
  });
});

describe("Helm releases", () => {
  const annotations = { "meta.helm.sh/release-name": "alloy", "meta.helm.sh/release-namespace": "monitoring" };
  const all = ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "DaemonSet"].map((kind) =>
    taken(kind, { annotations }),
  );
  const manifest = (...kinds: string[]): string =>
    kinds.map((kind) => `---\napiVersion: v1\nkind: ${kind}\nmetadata:\n  name: alloy\n`).join("");
  const chart = ["ServiceAccount", "ConfigMap", "ClusterRole", "ClusterRoleBinding", "Service", "DaemonSet"];

  function record(revision: number, text: string, kind: "Secret" | "ConfigMap" = "Secret") {
    const packed = gzipSync(
      JSON.stringify({ name: "alloy", config: { password: "hunter2" }, manifest: text }),
    ).toString("base64");
    const release = kind === "Secret" ? Buffer.from(packed).toString("base64") : packed;
    const labels = { owner: "helm", name: "alloy", version: String(revision) };
    return helmRecord(kind, {
      metadata: { name: `sh.helm.release.v1.alloy.v${revision}`, namespace: "monitoring", labels },
      data: { release },
    });
  }

  it("that hold only what is taken over, and what stays, are set aside with every revision", () => {
    for (const kind of ["Secret", "ConfigMap"] as const) {
      const plan = planHelm(all, [record(1, "not: [yaml", kind), record(2, manifest(...chart), kind)]);
      assert.deepEqual(plan.obstacles, []);
      assert.deepEqual(
        plan.setAside.map(({ object }) => object),
        ["sh.helm.release.v1.alloy.v1", "sh.helm.release.v1.alloy.v2"],
      );
      assert.match(plan.notes[0] ?? "", /is set aside: .*no helm uninstall or helm upgrade reaches the new collectors/);
    }
  });

  it("that run something else are an obstacle, and never uninstalled", () => {
    const [obstacle] = planHelm(all, [record(3, manifest(...chart, "StatefulSet"))]).obstacles;
    assert.match(
      obstacle?.problem ?? "",
      /^Helm release alloy \(namespace monitoring\) still owns these objects, and StatefulSet monitoring\/alloy: helm uninstall would delete the new collectors/,
    );
    assert.match(obstacle?.remedy ?? "", /resource-policy=keep.*Never run helm uninstall$/);
    assert.equal(obstacle?.forced, undefined);
  });

  it("whose newest record cannot be read are an obstacle, and no value of them is shown", () => {
    const broken = helmRecord("Secret", {
      metadata: {
        name: "sh.helm.release.v1.alloy.v9",
        namespace: "monitoring",
        labels: { name: "alloy", version: "9" },
      },
      data: { release: "hunter2" },
    });
    const plan = planHelm(all, [record(2, manifest(...chart)), broken]);
    assert.match(plan.obstacles[0]?.problem ?? "", /cannot be read/);
    assert.doesNotMatch(JSON.stringify([plan, record(2, manifest(...chart))]), /hunter2/);
  });

  it("that nobody may look for are an obstacle, and a mark without a record is taken off", () => {
    assert.equal(planHelm(all, undefined).obstacles[0]?.forced, true);
    const plan = planHelm(all, []);
    assert.deepEqual([plan.obstacles, plan.setAside], [[], []]);
    assert.match(plan.notes[0] ?? "", /is only a mark/);
  });

  it("are known by a chart's labels; such labels alone, as Kustomize renders them, are no release", () => {
    const labels = { "app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "alloy" };
    assert.deepEqual(releaseOf(taken("DaemonSet", { labels }).live), { namespace: "monitoring", release: "alloy" });
    assert.deepEqual(planHelm([taken("DaemonSet", { labels })], []), { obstacles: [], setAside: [], notes: [] });
  });
});

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
