import assert from "node:assert/strict";

import type { TakenOver } from "../../operations/adoption/objects";
import { ownerObstacles, type Holders } from "../../operations/adoption/owners";
import { taken, type Metadata } from "../support/taken-over";

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

  it("so is the work of a hub, whose application is in another cluster (argocd-pull-integration 136)", () => {
    const ownerReferences = [
      { apiVersion: "work.open-cluster-management.io/v1", kind: "AppliedManifestWork", name: "hub-alloy", uid: "work" },
    ];
    assert.match(problems(taken("ServiceAccount", { ownerReferences }))[0] ?? "", /^AppliedManifestWork hub-alloy/);
  });

  it("a suspended Flux HelmRelease still holds on: it goes on when it is resumed (fluxcd/helm-controller 568)", () => {
    const labels = { "helm.toolkit.fluxcd.io/name": "alloy", "helm.toolkit.fluxcd.io/namespace": "flux-system" };
    const metadata = { name: "alloy", namespace: "flux-system" };
    const flux = [{ kind: "HelmRelease", metadata, spec: { suspend: true } }];
    assert.equal(problems(taken("DaemonSet", { labels }), { applications: [], flux }).length, 1);
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
