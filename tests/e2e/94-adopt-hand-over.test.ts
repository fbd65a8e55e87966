import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as http from "node:http";
import type { AddressInfo } from "node:net";

import { repoRoot } from "../../kit/repo-root";
import { readRecord } from "../../operations/adoption/record";
import { readKubeConfig } from "../../operations/cluster/kube-config";
import { KubernetesClient } from "../../operations/cluster/kubernetes-client";
import { collectorsReady } from "../../packages/sandbox/start/collectors-ready";
import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import type { JsonObject } from "../../packages/sandbox/servers/cluster/kube-api";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { changeConfig } from "./support/config";
import { asHelmRelease, deployOld, oldAlloy, removeObjects, withoutStack } from "./support/old-alloy";
import { sandbox, stackObjects, type LiveObject } from "./support/sandbox";
import { exportStack } from "./support/state";

const helmRecord = "/api/v1/namespaces/monitoring/secrets/sh.helm.release.v1.alloy.v1";
const ownRecord = "/api/v1/namespaces/monitoring/secrets/alloy-adoption";

interface Owned extends LiveObject {
  spec: { template: { spec: unknown } };
  rules: unknown;
}

/** What decides how the old collectors run: it has to be the same after everything was given back. */
async function whatRan(): Promise<unknown> {
  const set = await sandbox().get<Owned>(stackObjects.DaemonSet);
  const role = await sandbox().get<Owned>(stackObjects.ClusterRole);
  const account = await sandbox().get(stackObjects.ServiceAccount);
  return {
    pods: set.spec.template.spec,
    rules: role.rules,
    marks: [set, role, account].map(({ metadata: { labels, ...rest } }) => [
      labels,
      (rest as { annotations?: Record<string, string> }).annotations?.["meta.helm.sh/release-name"],
    ]),
    helm: (await sandbox().get(helmRecord)).metadata.labels,
    state: (await exportStack(sandbox())).resources
      .filter(({ type, custom, external }) => type.startsWith("kubernetes:") && custom && external !== true)
      .map(({ urn }) => urn),
    made: (
      await Promise.all(
        [stackObjects.ConfigMap, stackObjects.Secret, stackObjects.PodMonitor, ownRecord].map((path) =>
          sandbox().find(path),
        ),
      )
    ).map((found) => found !== undefined),
  };
}

/** Each node's collector is a pod of the DaemonSet that is there now, and ready. */
async function collectorsAreOf(template: string): Promise<void> {
  await collectorsReady(sandbox().paths, nodeNames);
  const { pods } = await sandbox().agent();
  assert.equal(pods.length, nodeNames.length);
  for (const { name } of pods) {
    const pod = await sandbox().get(`/api/v1/namespaces/monitoring/pods/${name}`);
    assert.match(JSON.stringify(pod), new RegExp(template), `${name} is of another shape`);
  }
}

const ofOld = "alloy-config-7h2k9m5d8f";
const ofNew = "detectviz.io/config-checksum";

// Runs after 90-destroy, whose settings it keeps: the stack is taken away, and is there again at the end.
describe("a hand-over from Helm with a way back", () => {
  let old: JsonObject[];
  let ran: unknown;
  let putBack: () => Promise<void>;
  let refusing: http.Server;

  before(async () => {
    await withoutStack();
    const { loki } = await sandbox().servers();
    refusing = http.createServer((request, response) => {
      request.resume();
      response.writeHead(401).end("no credential");
    });
    await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
    old = asHelmRelease(await oldAlloy(loki.pushUrl));
    await deployOld(old);
    ran = await whatRan();
    const refusal = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}/loki/api/v1/push`;
    putBack = await changeConfig([
      [["alloy:lokiUrl"], refusal],
      [["alloy:rollout"], { timeout: "5m", await: "ready" }],
    ]);
  });

  after(async () => {
    await putBack();
    refusing.closeAllConnections();
    refusing.close();
    await removeObjects(old);
    const record = await sandbox().find(ownRecord);
    if (record !== undefined) await sandbox().api.request("DELETE", ownRecord);
    const up = await sandbox().npm("up", ["local", "--yes"]);
    assert.equal(up.exitCode, 0, up.output);
  });

  it("names the release, and does not lead to helm uninstall", async () => {
    const { exitCode, output } = await sandbox().alloyctl("adopt", ["local"]);
    assert.equal(exitCode, 0, output);
    assert.match(output, /Helm release alloy \(namespace monitoring\) is set aside/);
    assert.match(output, /never by helm uninstall/);
    assert.doesNotMatch(output, /\nFirst\n/);
    assert.deepEqual(await whatRan(), ran);
  });

  it("gives everything back when Loki takes no line of the new collectors", async () => {
    const { exitCode, output } = await sandbox().alloyctl("adopt", ["local", "--apply", "--yes"]);
    assert.equal(exitCode, 1, output);
    assert.match(output, /401/);
    assert.match(output, /everything was given back: what ran before runs again/);
    assert.deepEqual(await whatRan(), ran);
    await collectorsAreOf(ofOld);
  });

  it("goes on where it stood after it was interrupted, and hides the release from Helm", async () => {
    await putBack();
    putBack = await changeConfig([[["alloy:rollout"], { timeout: "5m", await: "ready" }]]);
    const cluster = new KubernetesClient(() => readKubeConfig(undefined, sandbox().paths.kubeconfig));
    const child = spawn(process.execPath, ["commands/alloyctl.js", "adopt", "local", "--apply", "--yes"], {
      cwd: repoRoot,
      env: { ...process.env, ALLOY_SANDBOX: sandbox().root },
      detached: true,
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await waitUntil(
      "the old DaemonSet is let go",
      async () => (await readRecord(cluster, "monitoring"))?.phase === "released",
      { timeoutMs: 240_000, intervalMs: 100 },
    );
    process.kill(-(child.pid ?? 0), "SIGKILL");
    await ended;

    const found = await sandbox().alloyctl("adopt", ["local"]);
    assert.equal(found.exitCode, 0, found.output);
    assert.match(found.output, /was not finished: the old DaemonSet is deleted; its pods collect/);
    const { exitCode, output } = await sandbox().alloyctl("adopt", ["local", "--apply", "--yes"]);
    assert.equal(exitCode, 0, output);
    assert.match(output, /The way back is kept: npx alloyctl adopt local --give-back/);
    await collectorsAreOf(ofNew);
    const { labels } = (await sandbox().get(helmRecord)).metadata;
    assert.deepEqual([labels?.["owner"], labels?.["detectviz.io/set-aside-from"]], [undefined, "helm"]);
    for (const place of [stackObjects.ClusterRole, stackObjects.ServiceAccount])
      assert.doesNotMatch(
        JSON.stringify((await sandbox().get(place)).metadata),
        /"meta\.helm\.sh\/release-name":"|Helm"/,
      );
    const again = await sandbox().alloyctl("adopt", ["local", "--apply", "--yes"]);
    assert.match(again.output, /nothing to take over/);
    assert.equal(again.exitCode, 0, again.output);
  });

  it("goes back in one command, also when it is done", async () => {
    const { exitCode, output } = await sandbox().alloyctl("adopt", ["local", "--give-back", "--yes"]);
    assert.equal(exitCode, 0, output);
    assert.match(output, /everything was given back/);
    assert.deepEqual(await whatRan(), ran);
    await collectorsAreOf(ofOld);
    const nothing = await sandbox().alloyctl("adopt", ["local", "--give-back", "--yes"]);
    assert.equal(nothing.exitCode, 1, nothing.output);
    assert.match(nothing.output, /no adoption of local is kept/);
  });
});
