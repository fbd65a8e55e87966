import assert from "node:assert/strict";

import type { JsonObject } from "../../packages/sandbox/servers/cluster/kube-api";
import { withConfig } from "./support/config";
import { deployOld, oldAlloy, removeObjects, versionsOf, withoutStack } from "./support/old-alloy";
import { sandbox } from "./support/sandbox";
import { exportStack } from "./support/state";

const rbac = "rbac.authorization.k8s.io";

/** What another team's chart has made: a ClusterRole of the usual name, for an Alloy of another namespace. */
const tracing: JsonObject[] = [
  {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRole",
    metadata: { name: "alloy", annotations: { "meta.helm.sh/release-namespace": "tracing" } },
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name: "alloy" },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "alloy" },
    subjects: [{ kind: "ServiceAccount", name: "alloy", namespace: "tracing" }],
  },
];

const labels = { app: "alloy-clustered" };

/** An Alloy of another shape, with the ServiceAccount that would be taken over. */
const clustered: JsonObject = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "alloy-clustered", namespace: "monitoring" },
  spec: {
    serviceName: "alloy-clustered",
    replicas: 1,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: "alloy",
        containers: [{ name: "alloy", image: "demo.invalid/grafana/alloy:v1.18.1" }],
      },
    },
  },
};

// Runs after 90-destroy, whose settings it keeps: the stack is taken away, and deployed again at the end.
describe("another Alloy in the cluster", () => {
  before(withoutStack);

  after(async () => {
    await removeObjects([...tracing, clustered]);
    const up = await sandbox().npm("up", ["local", "--yes"]);
    assert.equal(up.exitCode, 0, up.output);
  });

  it("of another namespace keeps its role: up names the setting, and lives beside it under another name", async () => {
    for (const object of tracing) await sandbox().api.apply(object);
    const versions = await versionsOf(tracing);
    const refused = await sandbox().npm("up", ["local", "--yes"]);
    assert.notEqual(refused.exitCode, 0, refused.output);
    assert.match(refused.output, /alloy:names\.clusterRole\n +clusterroles alloy exists already/);
    assert.doesNotMatch(refused.output, /pulumi import/);

    const plan = await sandbox().alloyctl("adopt", ["local", "--apply", "--yes", "--force"]);
    assert.equal(plan.exitCode, 1, plan.output);
    assert.match(plan.output, /ClusterRole alloy belongs to a Helm release in the namespace tracing/);
    assert.match(plan.output, /ClusterRoleBinding alloy binds ServiceAccount tracing\/alloy/);

    await withConfig([[["alloy:names"], { clusterRole: "alloy-logs" }]], async () => {
      const up = await sandbox().npm("up", ["local", "--yes"]);
      assert.equal(up.exitCode, 0, up.output);
      for (const kind of ["clusterroles", "clusterrolebindings"])
        assert.ok(await sandbox().find(`/apis/${rbac}/v1/${kind}/alloy-logs`));
      const drift = await sandbox().alloyctl("drift", ["local"]);
      assert.equal(drift.exitCode, 0, drift.output);
    });
    assert.deepEqual(await versionsOf(tracing), versions);
    await withoutStack();
    assert.deepEqual(await versionsOf(tracing), versions, "destroy took something of the other Alloy");
    await removeObjects(tracing);
  });

  it("of another shape keeps its permissions: adopt refuses, also with --force, and changes nothing", async () => {
    const old = await oldAlloy((await sandbox().servers()).loki.pushUrl);
    await deployOld(old);
    await sandbox().api.apply(clustered);
    const everything = [...old, clustered];
    const [versions, { text }] = [await versionsOf(everything), await exportStack(sandbox())];
    const plan = await sandbox().alloyctl("adopt", ["local"]);
    assert.equal(plan.exitCode, 0, plan.output);
    assert.match(plan.output, /DaemonSet monitoring\/alloy as alloy-collectors-daemon-set: deleted without its pods/);
    const { exitCode, output } = await sandbox().alloyctl("adopt", ["local", "--apply", "--yes", "--force"]);
    assert.equal(exitCode, 1, output);
    for (const said of [plan.output, output])
      assert.match(
        said,
        /StatefulSet monitoring\/alloy-clustered runs as ServiceAccount monitoring\/alloy: its permissions would be taken away/,
      );
    assert.match(output, /nothing was taken over/);
    assert.deepEqual(await versionsOf(everything), versions);
    assert.equal((await exportStack(sandbox())).text, text);

    // Without a DaemonSet to hand over nothing has kept positions, and nobody may say that they serve on.
    await removeObjects(old.filter(({ kind }) => kind === "DaemonSet"));
    const alone = await sandbox().alloyctl("adopt", ["local"]);
    assert.match(alone.output, /finds no positions: no DaemonSet is taken over/);
    assert.doesNotMatch(alone.output, /serve on/);
    await removeObjects(everything);
    assert.deepEqual(Object.keys(await sandbox().deployed()), []);
  });
});
