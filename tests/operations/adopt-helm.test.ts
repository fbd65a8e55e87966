import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";

import { helmRecord, planHelm, releaseOf } from "../../operations/adoption/helm";
import { taken } from "../support/taken-over";

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

  it("with an annotation resource-policy on the object alone are not kept by it (helm/helm 8132, 10890)", () => {
    const kept = taken("DaemonSet", { annotations: { ...annotations, "helm.sh/resource-policy": "keep" } });
    assert.equal(planHelm([kept], [record(1, manifest("DaemonSet", "ConfigMap"))]).setAside.length, 1);
  });

  it("of another name than the object's old one are looked for by themselves (grafana/k8s-monitoring-helm 1575)", () => {
    const other = { ...annotations, "meta.helm.sh/release-name": "monitoring-alloy-logs" };
    const mixed = [...all, taken("PodMonitor", { annotations: other })];
    const plan = planHelm(mixed, [record(1, manifest(...chart))]);
    assert.equal(plan.setAside.length, 1);
    assert.match(plan.notes.join("\n"), /release monitoring-alloy-logs \(namespace monitoring\) is only a mark/);
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
