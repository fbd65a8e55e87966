import assert from "node:assert/strict";

import { collectorsReady } from "../../packages/sandbox/start/collectors-ready";
import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { isRunning } from "../../packages/sandbox/process/processes";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { vaultCall } from "../../packages/sandbox/servers/vault";
import { inventory, type InventoryEntry } from "./support/inventory";
import { collectorPods, sandbox, stackObjects, type LiveObject } from "./support/sandbox";
import { exportStack } from "./support/state";

interface Deployment extends LiveObject {
  status: { availableReplicas?: number };
}

const namespacePath = "/api/v1/namespaces/monitoring";
const foreignPath = "/apis/apps/v1/namespaces/monitoring/deployments/somebody-elses";
const labels = { app: "somebody-elses" };
const foreign = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "somebody-elses", namespace: "monitoring" },
  spec: {
    replicas: 1,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: "main", image: "demo.invalid/played-by-the-sandbox:1" }] },
    },
  },
};

describe("pulumi destroy", () => {
  let namespace: LiveObject;

  before(async () => {
    await sandbox().api.apply(foreign);
    await waitUntil("somebody else's Deployment runs", foreignRuns, { timeoutMs: 60_000 });
    namespace = await sandbox().get(namespacePath);
  });

  after(async () => {
    if ((await sandbox().find(foreignPath)) !== undefined) await sandbox().api.request("DELETE", foreignPath);
  });

  async function foreignRuns(): Promise<boolean | string> {
    const { status } = await sandbox().get<Deployment>(foreignPath);
    return status.availableReplicas === 1 || `${status.availableReplicas ?? 0} replicas available`;
  }

  /** What in Vault somebody may have made: policies, ways to log in, engines, and the credential's versions. */
  async function inVault(): Promise<unknown[]> {
    const { vault } = await sandbox().servers();
    const paths = [
      "sys/policies/acl?list=true",
      "sys/auth",
      "sys/mounts",
      "secret/metadata/detectviz/local/alloy/loki",
    ];
    const answers = await Promise.all(paths.map((place) => vaultCall(vault, "GET", place)));
    return answers.map((answer) => (answer as { data: unknown }).data); // each answer has an id of its own beside it
  }

  const isOurs = ({ labels }: InventoryEntry): boolean =>
    labels["app.kubernetes.io/managed-by"] === "pulumi" && labels["app.kubernetes.io/part-of"] === "detectviz";

  it("takes everything of ours away and nothing else", async () => {
    const [before, vaultBefore] = [await inventory(), await inVault()];
    const ours = [...before].filter(([, entry]) => isOurs(entry) && !entry.name.startsWith("namespaces "));
    assert.ok(ours.length >= Object.keys(stackObjects).length, "the inventory does not know ours");
    const collectors = (await sandbox().agent()).pods;
    assert.equal(collectors.length, nodeNames.length);
    const destroy = await sandbox().shell("pulumi destroy --yes --non-interactive");
    assert.equal(destroy.exitCode, 0, destroy.output);
    assert.deepEqual(
      (await exportStack(sandbox())).resources.filter(({ custom }) => custom),
      [],
    );
    assert.deepEqual(await sandbox().deployed(), {});
    await waitUntil(
      "the collectors are gone",
      async () => {
        const { items } = await sandbox().get<{ items: LiveObject[] }>(collectorPods);
        const left = items.filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/name"] === "alloy");
        return left.length === 0 || `${left.length} pods left`;
      },
      { timeoutMs: 120_000 },
    );
    for (const { pid = 0, startTime = "", node } of collectors)
      assert.equal(await isRunning({ pid, startTime }), false, `the collector of ${node} runs on`);

    assert.equal((await sandbox().get(namespacePath)).metadata.uid, namespace.metadata.uid);
    assert.equal(await foreignRuns(), true);
    const { vault } = await sandbox().servers();
    assert.ok(await vaultCall(vault, "GET", "secret/data/detectviz/local/alloy/loki"), "the seeded password is gone");

    const after = await inventory();
    const gone = [...before].filter(([uid]) => !after.has(uid));
    const withOurs = new Set(ours.map(([uid]) => uid));
    // What the cluster has made of ours goes with it: pods, revisions, and what those own.
    for (const [uid, { owners }] of [...before, ...before])
      if (owners.some((owner) => withOurs.has(owner))) withOurs.add(uid);
    assert.deepEqual(
      gone.filter(([uid]) => !withOurs.has(uid)).map(([, { name }]) => name),
      [],
      "something is gone that was not ours",
    );
    assert.deepEqual(
      ours.filter(([uid]) => after.has(uid)).map(([, { name }]) => name),
      [],
      "something of ours was left",
    );
    assert.deepEqual(await inVault(), vaultBefore);
  });

  it("is followed by a refusal: the namespace exists and is not ours", async () => {
    const up = await sandbox().npm("up", ["local", "--yes"]);
    assert.notEqual(up.exitCode, 0, up.output);
    assert.match(up.output, /Pulumi\.local\.yaml: alloy:namespace\n +the namespace monitoring exists already/);
    assert.match(up.output, /→ write alloy:namespace: \{ name: monitoring, managed: false \}/);
    assert.deepEqual(await sandbox().deployed(), {}, "something was created before the refusal");
    assert.equal((await sandbox().get(namespacePath)).metadata.resourceVersion, namespace.metadata.resourceVersion);
  });

  it("is followed by another: seed does not write over the password that Vault holds", async () => {
    const { vault } = await sandbox().servers();
    // Each answer has an id of its own beside the data.
    const versions = async (): Promise<unknown> => {
      const answer = await vaultCall(vault, "GET", "secret/metadata/detectviz/local/alloy/loki");
      return (answer as { data: unknown }).data;
    };
    const before = await versions();
    assert.ok(before);
    const set = await sandbox().shell(
      "pulumi config set --path alloy:namespace.managed false && pulumi config set --path alloy:credentials.seed true",
    );
    assert.equal(set.exitCode, 0, set.output);
    const up = await sandbox().npm("up", ["local", "--yes"]);
    assert.notEqual(up.exitCode, 0, up.output);
    assert.match(up.output, /secret\/data\/detectviz\/local\/alloy\/loki\n +holds something already/);
    assert.match(up.output, /→ set seed: false in alloy:credentials of [^\n]* to use what exists/);
    assert.deepEqual(await versions(), before);
    assert.equal((await sandbox().deployed())["DaemonSet"], undefined);
  });

  it("is followed by a deployment into the namespace as it is, once the settings say so", async () => {
    const up = await sandbox().shell(
      "pulumi config set --path alloy:credentials.seed false && pulumi up --yes --non-interactive",
    );
    assert.equal(up.exitCode, 0, up.output);
    assert.deepEqual(Object.keys(await sandbox().deployed()), Object.keys(stackObjects));
    await collectorsReady(sandbox().paths, nodeNames);
    const after = await sandbox().get(namespacePath);
    assert.equal(after.metadata.uid, namespace.metadata.uid);
    assert.equal(after.metadata.resourceVersion, namespace.metadata.resourceVersion, "the namespace was changed");
    assert.equal(await foreignRuns(), true);
  });
});
