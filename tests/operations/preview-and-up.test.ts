import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { collectorsInCluster } from "../../operations/collectors/find";
import type { EngineResult } from "../../operations/engine/run";
import { previewOrUp } from "../../operations/preview-and-up";
import type { StackContext } from "../../operations/stack-context";
import { FakeCluster, type Answer } from "../support/fake-cluster";
import { settingsOf } from "../support/settings";

const settings = settingsOf({
  network: { enabled: true, scrapeCidrs: ["10.0.0.0/8"] },
  lokiUrl: "http://loki.monitoring.svc:3100/loki/api/v1/push",
  metrics: { enabled: false },
  selfMonitoring: { enabled: false },
});

const summary = `echo '{"summaryEvent":{"resourceChanges":{"same":3}}}' > "$log"`;
const missing = /the cluster has no Service loki in namespace monitoring.*did you mean lokii\?/s;

describe("the look at the cluster", () => {
  let folder: string;
  const clusters: FakeCluster[] = [];
  const printed = console.error;
  let said: string[];
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-preview-"));
    said = [];
    console.error = (text: string): void => void said.push(text);
  });
  afterEach(async () => {
    console.error = printed;
    await Promise.all(clusters.splice(0).map((cluster) => cluster.stop()));
    fs.rmSync(folder, { recursive: true });
  });

  const services =
    (...names: string[]): Answer =>
    (_, { pathname }) =>
      pathname === "/api/v1/services"
        ? { body: { items: names.map((name) => ({ metadata: { name, namespace: "monitoring" } })) } }
        : { status: 404 };

  /** A run with a CLI that does what the script says, beside a cluster that answers in this way. */
  async function run(command: "preview" | "up", script: string, answer: Answer): Promise<EngineResult> {
    const cluster = await FakeCluster.start(answer);
    clusters.push(cluster);
    const pulumi = path.join(folder, "pulumi");
    const eventLog = 'for word; do test "$previous" = --event-log && log=$word; previous=$word; done';
    fs.writeFileSync(pulumi, `#!/bin/sh\n${eventLog}\ntouch ${folder}/began\n${script}\n`, { mode: 0o755 });
    const { client } = cluster;
    const context: StackContext = {
      ...{ stack: "test", folder, home: folder, file: "Pulumi.test.yaml", settings, env: {} },
      engine: { pulumi, env: {}, stack: "test", policyPack: "the-pack", cwd: folder },
      place: { stackFile: "Pulumi.test.yaml" },
      cluster: client,
      findCollectors: collectorsInCluster(client, settings),
    };
    return previewOrUp(context, command, [], "none");
  }

  const began = (): boolean => fs.existsSync(path.join(folder, "began"));

  it("goes on while the engine previews, and takes the place of the engine's own error", async () => {
    await assert.rejects(run("preview", "exit 255", services("lokii")), missing);
    assert.ok(began());
  });

  it("refuses a preview with which the engine itself would have been content", async () => {
    await assert.rejects(run("preview", summary, services("lokii")), missing);
  });

  it("ends before an update begins: nothing is deployed", async () => {
    await assert.rejects(run("up", summary, services("lokii")), missing);
    assert.ok(!began());
  });

  it("leaves the engine's answer as it is if nothing is missing, or nobody may look", async () => {
    for (const answer of [services("loki"), (): ReturnType<Answer> => ({ status: 403 })]) {
      assert.deepEqual((await run("preview", summary, answer)).plan.changes, { same: 3 });
      assert.match(said.splice(0).join("\n"), /^outage budget/m);
      assert.equal((await run("preview", "echo unheard of; exit 7", answer)).exitCode, 7);
      assert.deepEqual(said, [], "warnings of a preview that failed");
    }
  });

  it("says the engine's own reason if a missing Service is not it, and nothing is missing", async () => {
    const failing = run("preview", "echo \"error: no stack named 'test' found\" >&2; exit 255", services("loki"));
    await assert.rejects(failing, /there is no stack test/);
  });

  it("is given up soon after an engine that has failed, if the cluster does not answer", async () => {
    const startedAt = Date.now();
    const result = await run("preview", "sleep 0.5; exit 7", () => undefined);
    assert.equal(result.exitCode, 7);
    const seconds = (Date.now() - startedAt) / 1_000;
    assert.ok(seconds > 2 && seconds < 10, `${seconds} s`);
    // One request that is still under way would keep the process until its own timeout.
    const [cluster] = clusters;
    assert.ok(cluster);
    for (let i = 0; i < 100 && (await cluster.connections()) > 0; i++) await sleep(20);
    assert.equal(await cluster.connections(), 0);
  });
});
