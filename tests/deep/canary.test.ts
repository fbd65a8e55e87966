import assert from "node:assert/strict";

import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { PushGate } from "../../packages/sandbox/servers/push-gate";
import { ensureTools } from "../../packages/sandbox/toolchain/ensure";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { CanaryProcess } from "../e2e/support/canary-process";
import { changeConfig } from "../e2e/support/config";
import { listPods } from "../e2e/support/pods";
import { sandbox } from "../e2e/support/sandbox";

const entries = "loki_canary_entries_total";
const missing = "loki_canary_missing_entries_total";

describe("the canary", () => {
  const canaries: CanaryProcess[] = [];
  let gate: PushGate;
  let putBack: () => Promise<void>;

  before(async () => {
    // Built before its pods are made: Alloy looks less and less often at a container that does not start for minutes,
    // and would read its first lines later than this hurried canary waits for them.
    await ensureTools(["loki-canary"], (tool, text) => console.error(`${tool}: ${text}`));
    const { loki } = await sandbox().servers();
    gate = await PushGate.start({ port: 0, upstream: loki.pushUrl });
    putBack = await changeConfig([
      [["alloy:lokiUrl"], `http://127.0.0.1:${gate.port}/loki/api/v1/push`],
      [["alloy:canary"], { enabled: true, address: loki.url }],
    ]);
    const up = await sandbox().alloyctl("up", ["local", "--yes"]);
    assert.equal(up.exitCode, 0, up.output);
    const pods = await listPods("app.kubernetes.io/name=alloy-canary");
    assert.deepEqual(pods.map(({ spec }) => spec.nodeName).sort(), [...nodeNames].sort());
    for (const pod of pods) canaries.push(await CanaryProcess.start(pod));
  });

  after(async () => {
    for (const canary of canaries) await canary.stop();
    await putBack();
    const up = await sandbox().alloyctl("up", ["local", "--yes"]);
    assert.equal(up.exitCode, 0, up.output);
    await gate.close();
  });

  const sumOf = async (name: string): Promise<number[]> =>
    Promise.all(canaries.map(async (canary) => (await canary.counters())[name] ?? 0));

  it("finds each of its lines in Loki, behind the collector of its node", async () => {
    await waitUntil("sixty lines are written", async () => (await sumOf(entries)).every((count) => count >= 60), {
      timeoutMs: 120_000,
      intervalMs: 1_000,
    });
    const [counters] = await Promise.all(canaries.map((canary) => canary.counters()));
    console.error(`      ${JSON.stringify(counters)}`.slice(0, 900));
    assert.deepEqual(await sumOf(missing), [0, 0, 0]);
    for (const count of await sumOf("loki_canary_response_latency_seconds_count")) assert.ok(count > 20, String(count));
  });

  it("counts those that a refusal of Loki has lost, on each node, and no more once they are taken again", async () => {
    gate.setMode({ kind: "status", status: 400 });
    const before = await sumOf(entries);
    await waitUntil(
      "twenty lines are lost",
      async () => (await sumOf(entries)).every((count, at) => count >= (before[at] ?? 0) + 20),
      { timeoutMs: 60_000, intervalMs: 500 },
    );
    gate.setMode({ kind: "pass" });
    await waitUntil(
      "each canary counts lost lines",
      async () => {
        const counts = await sumOf(missing);
        return counts.every((count) => count >= 10) || counts.join(" ");
      },
      { timeoutMs: 120_000, intervalMs: 1_000 },
    );
    // Whatever was still undecided is decided after the wait; from then on the count stands still.
    let last: number[] = [];
    await waitUntil(
      "the count stands still",
      async () => {
        const counts = await sumOf(missing);
        const isSame = JSON.stringify(counts) === JSON.stringify(last);
        last = counts;
        return isSame || counts.join(" ");
      },
      { timeoutMs: 120_000, intervalMs: 25_000 },
    );
    console.error(`      ${last.join(", ")} lines are counted as lost`);
    for (const count of last) assert.ok(count <= 60, String(count));
  });
});
