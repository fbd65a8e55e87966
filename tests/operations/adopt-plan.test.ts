import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { parseAllDocuments } from "yaml";

import { repoRoot } from "../../kit/repo-root";
import { importFile } from "../../operations/adoption/import-file";
import { planAdoption, type AdoptPlan, type FoundObjects } from "../../operations/adoption/plan";
import { adoptionText } from "../../operations/adoption/report";
import { workloadOf } from "../../operations/adoption/workloads";
import { kubePath, type KubeObject } from "../../operations/cluster/kubernetes-client";
import type { ReadAgainSize } from "../../operations/adoption/lines-read-again";
import { recordProgram, type RecordedResource } from "../../operations/recording/record-program";
import { composePipeline } from "../../pipeline/compose";
import { parseSettings } from "../../settings/parse-settings";
import { readStackFile } from "../../settings/stack-file";

const size: ReadAgainSize = {
  ...{ containers: 42, lines: 4711, bytes: 3 * 2 ** 20, uncounted: 0, trouble: "" },
  ...{ window: "1h", largestLog: "10Mi" },
};

const text = fs.readFileSync(path.join(__dirname, "corpus", "running-alloy.yaml"), "utf8");

/** The objects of the Kustomize overlay, fresh for each test. */
const overlay = (): KubeObject[] => parseAllDocuments(text).map((document) => document.toJS() as KubeObject);

function setArgs(daemonSet: KubeObject, args: string[]): void {
  const { template } = daemonSet["spec"] as { template: { spec: { containers: { args?: string[] }[] } } };
  for (const container of template.spec.containers) container.args = args;
}

const pathOf = ({ apiVersion = "", kind = "", metadata }: KubeObject): string =>
  kubePath({ apiVersion, kind, ...metadata });

function found(objects: readonly KubeObject[], more: Partial<FoundObjects> = {}): FoundObjects {
  const configMap = objects.find(({ kind }) => kind === "ConfigMap");
  return {
    byPath: new Map(objects.map((object) => [pathOf(object), object])),
    others: configMap === undefined ? [] : [configMap],
    pipeline: (configMap?.["data"] as Record<string, string> | undefined)?.["config.alloy"],
    holders: { applications: [], flux: [] },
    ...{ helmRecords: [], workloads: [], configs: new Map(), roleUses: [], unseen: [] },
    oldNodes: ["node-1", "node-2"],
    ...more,
  };
}

describe("the plan of an adoption", () => {
  let resources: RecordedResource[];
  let next: string;

  before(async () => {
    const { config, file } = readStackFile("staging", repoRoot);
    ({ resources } = await recordProgram({ stack: "staging", config }));
    next = composePipeline(parseSettings(config, file)).text;
  });

  const plan = (objects: FoundObjects, inState = new Map<string, string>()): AdoptPlan =>
    planAdoption(resources, objects, inState, next);
  const taken = ({ takenOver }: AdoptPlan): string[] =>
    takenOver.map(({ resource, how }) => `${resource.name}: ${how}`).sort();

  it("takes over by name, and leaves alone what has another", () => {
    const made = plan(found(overlay()));
    assert.deepEqual(taken(made), [
      "alloy-access-cluster-role-binding: import",
      "alloy-access-cluster-role: import",
      "alloy-access-service-account: import",
      "alloy-collectors-daemon-set: hand over",
    ]);
    assert.deepEqual(made.created, [
      "ConfigMap monitoring/alloy-config",
      "ConfigMap monitoring/alloy-dashboard",
      "PodMonitor monitoring/alloy",
      "PrometheusRule monitoring/alloy",
    ]);
    assert.deepEqual(made.leftAlone, ["ConfigMap monitoring/alloy-config-7h2k9m5d8f"]);
    assert.deepEqual(made.obstacles, []);
  });

  it("says what changes: permissions, labels, tenant, node filter", () => {
    const { changes, reReads } = plan(found(overlay()));
    const all = changes.join("\n");
    assert.match(all, /permissions taken away: get\/list\/watch configmaps, nodes\/proxy, secrets/);
    assert.doesNotMatch(all, /taken away: .*get[^;]*pods\/log/);
    assert.match(all, /streams lose: .*environment/);
    assert.match(all, /streams gain: .*node/);
    assert.match(all, /without a node filter/);
    assert.deepEqual(
      reReads.map(({ source }) => source),
      ["loki.source.kubernetes.pods"],
    );
  });

  it("names the journal, a missing tenant, and a pipeline that nobody can read", () => {
    const withPipeline = (pipeline: string | undefined): string =>
      plan(found(overlay(), { pipeline })).changes.join("\n");
    assert.match(
      withPipeline('loki.source.journal "node" {\n  forward_to = []\n}\n'),
      /journal is not collected.*\n.*X-Scope-OrgID/,
    );
    assert.match(withPipeline("loki.write {"), /could not be read/);
    assert.match(withPipeline(undefined), /was not found/);
  });

  it("counts what cannot be compared as read again", () => {
    for (const pipeline of [undefined, "loki.write {"])
      assert.match(plan(found(overlay(), { pipeline })).reReads[0]?.reason ?? "", /nothing could be compared/);
    assert.deepEqual(plan(found(overlay(), { pipeline: next })).reReads, []);
  });

  it("counts positions that lie in another folder as lost, though the pipeline is the same", () => {
    const objects = overlay();
    for (const object of objects)
      if (object.kind === "DaemonSet") setArgs(object, ["run", "/etc/alloy/config.alloy", "--storage.path=/tmp/alloy"]);
    assert.match(
      plan(found(objects, { pipeline: next })).reReads[0]?.reason ?? "",
      /finds no positions: the old ones are in the old pods, not in \/var\/lib\/alloy$/,
    );
  });

  it("takes over nothing where nothing has our names, and still names who would read the same lines", () => {
    const alloy = workloadOf("DaemonSet", {
      metadata: { name: "k8smon-alloy-logs", namespace: "monitoring", uid: "other" },
      spec: {
        template: {
          spec: { containers: [{ image: "grafana/alloy:v1" }], volumes: [{ hostPath: { path: "/var/log" } }] },
        },
      },
    });
    const made = plan(found([], { workloads: [alloy], oldNodes: [] }));
    const report = adoptionText(made, { resources: [] }, "staging", undefined);
    assert.match(report, /nothing to take over: what up would make has no namesake .*DaemonSet monitoring\/alloy/);
    assert.match(
      report,
      /First\n +DaemonSet monitoring\/k8smon-alloy-logs \(Alloy\) reads pods' logs, and would go on/,
    );
  });

  it("does nothing with what the state has already", () => {
    const inState = new Map(resources.map(({ name }) => [name, `urn:pulumi:staging::alloy::x::${name}`]));
    const made = plan(found(overlay()), inState);
    assert.deepEqual([made.takenOver, made.created], [[], []]);
    assert.match(
      adoptionText(made, importFile(resources, made, inState), "staging", undefined),
      /nothing to take over/,
    );
  });

  it("stops at a role or a binding of the whole cluster that an Alloy in another namespace has", () => {
    const bound = overlay();
    for (const object of bound)
      if (object.kind === "ClusterRoleBinding")
        object["subjects"] = [{ kind: "ServiceAccount", name: "alloy", namespace: "tracing" }];
    assert.match(
      plan(found(bound)).obstacles[0]?.problem ?? "",
      /^ClusterRoleBinding alloy binds ServiceAccount tracing\/alloy, which is not of the namespace monitoring/,
    );
    const released = overlay();
    for (const { kind, metadata } of released)
      if (kind === "ClusterRole") metadata.annotations = { "meta.helm.sh/release-namespace": "tracing" };
    assert.match(
      plan(found(released)).obstacles[0]?.problem ?? "",
      /^ClusterRole alloy belongs to a Helm release in the namespace tracing/,
    );
  });

  it("stops at an object that says it is somebody else's", () => {
    const objects = overlay();
    for (const { kind, metadata } of objects)
      if (kind === "ServiceAccount") metadata.labels = { "app.kubernetes.io/name": "billing" };
    assert.match(
      plan(found(objects)).obstacles[0]?.problem ?? "",
      /^ServiceAccount monitoring\/alloy belongs to billing/,
    );
  });

  it("stops at pods that the new selector would not match: two collectors a node", () => {
    const objects = overlay();
    for (const object of objects)
      if (object.kind === "DaemonSet")
        object["spec"] = {
          selector: { matchLabels: { app: "alloy" } },
          template: { metadata: { labels: { app: "alloy" } } },
        };
    assert.match(plan(found(objects)).obstacles[0]?.problem ?? "", /do not have the labels/);
  });

  it("stops while ArgoCD holds on, and says how it lets go without deleting", () => {
    const application = { metadata: { name: "alloy", finalizers: ["resources-finalizer.argocd.argoproj.io"] } };
    const other = { metadata: { name: "billing" } };
    const { obstacles } = plan(found(overlay(), { holders: { applications: [other, application], flux: [] } }));
    assert.equal(obstacles.length, 1);
    assert.match(obstacles[0]?.remedy ?? "", /preserveResourcesOnDeletion.*take the finalizer.*--cascade=orphan/);
  });

  it("finds the application by the label, too, as ArgoCD before 3.0 does", () => {
    const objects = overlay();
    for (const { metadata } of objects) delete metadata.annotations;
    const applications = [{ metadata: { name: "billing" } }, { metadata: { name: "alloy" } }];
    const { obstacles } = plan(found(objects, { holders: { applications, flux: [] } }));
    assert.deepEqual(
      obstacles.map(({ problem }) => problem.split(" still")[0]),
      ["the ArgoCD application alloy"],
    );
  });

  it("gives an import block whose every parent and provider is in it, or in the state", () => {
    const made = plan(found(overlay()));
    const block = importFile(resources, made, new Map());
    assert.deepEqual(
      block.resources.map(({ name, parent = "", id = "" }) => [name, parent, id]),
      [
        ["kubernetes", "", ""],
        ["alloy", "", ""],
        ["alloy-access", "alloy", ""],
        ["alloy-access-service-account", "alloy-access", "monitoring/alloy"],
        ["alloy-access-cluster-role", "alloy-access", "alloy"],
        ["alloy-access-cluster-role-binding", "alloy-access", "alloy"],
      ],
    );
    const known = importFile(
      resources,
      made,
      new Map([
        ["alloy", "urn:alloy"],
        ["kubernetes", "urn:kubernetes"],
      ]),
    );
    assert.deepEqual(known.nameTable, { alloy: "urn:alloy", kubernetes: "urn:kubernetes" });
    assert.equal(
      known.resources.some(({ name }) => name === "alloy" || name === "kubernetes"),
      false,
    );
  });

  it("announces how much is read again", () => {
    const made = plan(found(overlay()));
    const report = (of: ReadAgainSize | undefined): string =>
      adoptionText(made, importFile(resources, made, new Map()), "staging", of);
    assert.match(report(size), /42 containers are read again .*: 4711 lines, 3\.0 MiB at this moment\. /);
    assert.match(report(size), /older than 1h is left out\n +why: loki\.source\.kubernetes\.pods sets other labels/);
    assert.match(
      report({ ...size, uncounted: 2, trouble: "403" }),
      /; 2 of them were not counted, at most 10Mi each \(403\)\./,
    );
    const kept = plan(found(overlay(), { pipeline: next }));
    const of = (size: ReadAgainSize | undefined): string =>
      adoptionText(kept, importFile(resources, kept, new Map()), "staging", size);
    assert.match(of(undefined), /no container is read again: the old collectors' positions serve on, on 2 nodes/);
    assert.match(of(size), /42 containers .*\n +why: they are on nodes without an old collector/);
  });

  it("says that positions serve on only where there are some", () => {
    const reasons = (objects: KubeObject[], oldNodes: string[]): string[] =>
      plan(found(objects, { pipeline: next, oldNodes })).reReads.map(({ reason }) => reason);
    assert.deepEqual(reasons(overlay(), ["node-1"]), []);
    assert.match(reasons(overlay(), [])[0] ?? "", /finds no positions: no pod of the old DaemonSet runs/);
    const withoutDaemonSet = overlay().filter(({ kind }) => kind !== "DaemonSet");
    assert.match(reasons(withoutDaemonSet, [])[0] ?? "", /finds no positions: no DaemonSet is taken over/);
  });
});
