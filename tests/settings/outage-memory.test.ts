import assert from "node:assert/strict";

import fc from "fast-check";

import {
  brokenMemoryPromise,
  manyContainersWarning,
  outageMemoryText,
  sumOutageMemory,
  type MemoryPlan,
} from "../../settings/outage-memory";
import { settingsOf } from "../support/settings";

const plan = fc.record({
  outageBudget: fc.integer({ min: 1, max: 48 * 3600 }).map((seconds) => `${seconds}s`),
  memoryLimit: fc.integer({ min: 1, max: 8000 }).map((size) => `${size}Mi`),
  source: fc.constantFrom("kubernetes" as const, "kubernetes" as const, "files" as const),
  load: fc.record({
    nodeLinesPerSecond: fc.integer({ min: 1, max: 100_000 }),
    bytesPerLine: fc.integer({ min: 1, max: 10_000 }),
    containers: fc.integer({ min: 1, max: 500 }),
  }),
}) satisfies fc.Arbitrary<MemoryPlan>;

describe("memory in an outage", () => {
  it("is held by the defaults, and a preview says how much it is", () => {
    const { wal, resources, logs } = settingsOf();
    const defaults = { ...wal, memoryLimit: resources.limits.memory, source: logs.source };
    assert.equal(brokenMemoryPromise(defaults), undefined);
    assert.equal(
      outageMemoryText(defaults),
      "memory in an outage: about 207.2 MiB of a limit of 512Mi (30 containers on a node)",
    );
  });

  it("is refused where the node would kill the collector, and the advice is then accepted", () => {
    fc.assert(
      fc.property(plan, (some) => {
        const broken = brokenMemoryPromise(some);
        const { atRest, windows, limit } = sumOutageMemory(some);
        assert.equal(broken !== undefined, (atRest + windows) / 0.9 > limit);
        const advised = /raise it to (\d+Mi)/.exec(broken?.remedy ?? "")?.[1];
        assert.equal(advised === undefined, broken === undefined);
        if (advised !== undefined) assert.equal(brokenMemoryPromise({ ...some, memoryLimit: advised }), undefined);
      }),
    );
  });

  it("never counts more than was written, nor more than one window a container", () => {
    fc.assert(
      fc.property(plan, (some) => {
        const { windows } = sumOutageMemory(some);
        const seconds = Number(some.outageBudget.slice(0, -1));
        assert.ok(windows <= some.load.nodeLinesPerSecond * some.load.bytesPerLine * seconds);
        assert.ok(windows <= some.load.containers * 4.06 * 2 ** 20);
        if (some.source === "files") assert.equal(windows, 0);
      }),
    );
  });

  it("holds about 75 busy containers with the default limit, and names file, key and amount beyond", () => {
    const busy = (containers: number) => ({ wal: { load: { containers, nodeLinesPerSecond: 1000 } } });
    assert.doesNotThrow(() => settingsOf(busy(76)));
    assert.throws(
      () => settingsOf(busy(110)),
      /alloy:resources\.limits\.memory\n {4}is 512Mi, but a collector that waits for Loki needs 662\.9 MiB: [^]*raise it to 663Mi/,
    );
    assert.doesNotThrow(() => settingsOf({ ...busy(110), resources: { limits: { memory: "663Mi" } } }));
    assert.doesNotThrow(() => settingsOf({ ...busy(110), logs: { enabled: false } }), "no log is followed");
    assert.doesNotThrow(() => settingsOf({ ...busy(110), logs: { source: "files" } }), "files wait on the disk");
  });

  it("warns of inotify instances from a hundred containers on", () => {
    assert.equal(manyContainersWarning(99, "kubernetes"), undefined);
    assert.match(manyContainersWarning(100, "kubernetes") ?? "", /load\.containers is 100: .*max_user_instances/);
    assert.equal(manyContainersWarning(100, "files"), undefined, "Alloy looks at files by itself");
  });
});
