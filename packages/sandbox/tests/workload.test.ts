import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import * as fc from "fast-check";

import { nodeNames } from "../servers/cluster/nodes";
import { criEntries, EntryClock, formatNanoseconds } from "../workload/cri-log";
import { sandboxPaths, type SandboxPaths } from "../paths";
import { workloadObjects, workloadPods } from "../workload/pods";
import { readWorkload, type WorkloadContainer } from "../workload/workload-status";
import { lineText, linesDue, runWriter } from "../workload/writer";

describe("container logs", () => {
  it("gives each entry a time of its own, to the microsecond", () => {
    const clock = new EntryClock();
    const times = Array.from({ length: 5000 }, () => clock.next());
    const microseconds = times.map((time) => {
      assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
      return BigInt(Date.parse(`${time.slice(0, 19)}Z`)) * 1000n + BigInt(time.slice(20, 26));
    });
    assert.ok(microseconds.every((time, index) => index === 0 || time > (microseconds[index - 1] ?? 0n)));
    assert.ok(Math.abs(Date.parse(times[0] ?? "") - Date.now()) < 60_000);
  });

  it("writes nanoseconds as RFC 3339", () => {
    assert.equal(formatNanoseconds(1_700_000_000_000_000_007n), "2023-11-14T22:13:20.000000007Z");
  });

  it("splits long lines into partial entries that join to the same line", () => {
    const line = fc.string({ unit: "grapheme", maxLength: 200 }).map((text) => text.replaceAll("\n", "").repeat(400));
    fc.assert(
      fc.property(line, (text) => {
        const entries = criEntries(() => "T", "stdout", text)
          .trimEnd()
          .split("\n");
        const parts = criEntries(() => "T", "stdout", text)
          .slice(0, -1)
          .split("\n")
          .map((entry) => entry.replace(/^T stdout [PF] /, ""));
        assert.equal(parts.join(""), text);
        assert.ok(parts.every((part) => Buffer.byteLength(part) <= 16 * 1024));
        const tags = entries.map((entry) => entry.split(" ")[2]);
        assert.equal(tags.at(-1), "F");
        assert.ok(tags.slice(0, -1).every((tag) => tag === "P"));
      }),
      { numRuns: 50 },
    );
  });
});

describe("the workload", () => {
  let paths: SandboxPaths;

  beforeEach(async () => {
    paths = sandboxPaths(await fs.mkdtemp(path.join(os.tmpdir(), "workload-")));
  });

  afterEach(() => fs.rm(paths.root, { recursive: true }));

  const container = (name: string): WorkloadContainer => ({
    namespace: "demo",
    pod: name,
    container: name,
    node: "node-1",
    file: path.join(paths.nodes, name, "0.log"),
    written: 0,
  });

  async function sequences(file: string): Promise<number[]> {
    const lines = (await fs.readFile(file, "utf8")).trimEnd().split("\n");
    return lines.map((line) => Number(/^\S+ stdout F seq=(\d+) /.exec(line)?.[1]));
  }

  it("has at least two pods on every node and one with an app label only", () => {
    for (const node of nodeNames) assert.ok(workloadPods.filter((pod) => pod.node === node).length >= 2, node);
    assert.ok(workloadPods.some((pod) => Object.keys(pod.labels).join() === "app"));
    const { namespaces, pods } = workloadObjects();
    const known = namespaces.map((namespace) => namespace.metadata?.name);
    assert.ok(pods.every((pod) => known.includes(pod.metadata?.namespace)));
    // Those would be taken by the node agent, which has no image for them.
    assert.ok(workloadPods.every((pod) => pod.labels["app.kubernetes.io/name"] !== "alloy"));
  });

  it("writes exactly what was asked, spread over the containers, numbered without a gap", async () => {
    const containers = [container("a"), container("b"), container("c")];
    const signal = new AbortController().signal;
    const status = await runWriter({ paths, containers, lines: 100, ratePerSecond: 2000, signal });
    assert.deepEqual([status.done, status.finished, status.written], [100, true, 100]);
    assert.deepEqual(
      status.containers.map(({ written }) => written),
      [34, 33, 33],
    );
    for (const { file, written } of status.containers) {
      assert.deepEqual(
        await sequences(file),
        Array.from({ length: written }, (_unused, index) => index + 1),
      );
    }
    assert.deepEqual(await readWorkload(paths), status);
  });

  it("goes on where the files end, whatever its status said", async () => {
    const options = { paths, lines: 10, ratePerSecond: 1000, signal: new AbortController().signal };
    await runWriter({ ...options, containers: [container("a")] });
    const again = await runWriter({ ...options, containers: [container("a")] });
    assert.deepEqual([again.done, again.written], [10, 20]);
    const numbers = await sequences(container("a").file);
    assert.deepEqual(
      numbers,
      Array.from({ length: 20 }, (_unused, index) => index + 1),
    );
  });

  it("stops when told to and says how far it came", async () => {
    const stopping = new AbortController();
    const written = runWriter({
      paths,
      containers: [container("a")],
      lines: undefined,
      ratePerSecond: 100,
      signal: stopping.signal,
    });
    setTimeout(() => stopping.abort(), 200);
    const status = await written;
    assert.equal(status.finished, false);
    assert.equal(status.asked, null);
    assert.equal((await sequences(container("a").file)).length, status.written);
  });

  it("keeps to the rate and never writes more than asked", () => {
    assert.equal(linesDue(1500, 100, undefined), 150);
    assert.equal(linesDue(1500, 100, 120), 120);
    assert.equal(linesDue(0, 100, 120), 0);
  });

  it("numbers lines so that they sort as text", () => {
    assert.match(lineText(42), /^seq=000042 level=\w+ msg="/);
  });
});
