import assert from "node:assert/strict";

import fc from "fast-check";

import { brokenPromises, outageSumText, sumOutage, type OutagePlan } from "../../settings/outage-sum";
import { parseDuration } from "../../kit/units";
import { settingsOf } from "../support/settings";

const plan = fc.record({
  outageBudget: fc.integer({ min: 1, max: 48 * 3600 }).map((seconds) => `${seconds}s`),
  logs: fc.boolean(),
  disk: fc.integer({ min: 1, max: 100_000 }).map((size) => `${size}Mi`),
  kubeletLogSize: fc.integer({ min: 1, max: 1000 }).map((size) => `${size}Mi`),
  load: fc.record({
    nodeLinesPerSecond: fc.integer({ min: 1, max: 100_000 }),
    containerLinesPerSecond: fc.integer({ min: 1, max: 10_000 }),
    bytesPerLine: fc.integer({ min: 1, max: 10_000 }),
  }),
}) satisfies fc.Arbitrary<OutagePlan>;

const keysOf = (of: OutagePlan): string[] => brokenPromises(of).map(({ key }) => key);

describe("outage arithmetic", () => {
  it("keeps the promise of the defaults", () => {
    const { wal } = settingsOf();
    assert.deepEqual(brokenPromises(wal), []);
    assert.match(
      outageSumText(wal),
      /^outage budget 50m: in that time a container may write 7\.0 MiB .* keeps 10\.0 MiB/,
    );
  });

  it("refuses what the kubelet's file cannot hold, and its advice is then accepted", () => {
    fc.assert(
      fc.property(plan, (some) => {
        const sum = sumOutage(some);
        const [broken] = brokenPromises(some).filter(({ key }) => key === "outageBudget");
        assert.equal(broken !== undefined, !some.logs && sum.containerBytes > sum.kubeletBytes);
        const advised = /lower it to (\S+),/.exec(broken?.remedy ?? "")?.[1];
        if (advised === undefined || advised === "1s") return;
        assert.ok(!keysOf({ ...some, outageBudget: advised }).includes("outageBudget"), advised);
        const longer = `${(parseDuration(advised) ?? 0) / 1000 + 2}s`;
        assert.ok(keysOf({ ...some, outageBudget: longer }).includes("outageBudget"), `${advised} is not the longest`);
      }),
    );
  });

  it("refuses a disk exactly where the sum is above it", () => {
    fc.assert(
      fc.property(plan, (some) => {
        const { diskBytes, diskThere } = sumOutage(some);
        assert.equal(keysOf(some).includes("disk"), diskBytes > diskThere);
        assert.ok(!keysOf({ ...some, disk: `${diskBytes}` }).includes("disk"));
      }),
    );
  });

  it("asks for no less where the budget, the rate or the lines grow", () => {
    fc.assert(
      fc.property(plan, fc.integer({ min: 1, max: 10 }), (some, times) => {
        const { bytesPerLine, nodeLinesPerSecond, containerLinesPerSecond } = some.load;
        const load = { containerLinesPerSecond, bytesPerLine: bytesPerLine * times, nodeLinesPerSecond };
        const [before, after] = [sumOutage(some), sumOutage({ ...some, load })];
        assert.ok(after.diskBytes >= before.diskBytes && after.containerBytes >= before.containerBytes);
      }),
    );
  });

  it("says the sum where stack config promises too much", () => {
    assert.throws(
      () => settingsOf({ wal: { load: { containerLinesPerSecond: 50 } } }),
      /alloy:wal\.outageBudget\n {4}promises 50m, but .*35\.2 MiB \(50 lines\/s × \(200 \+ 46\) bytes × 3000 s\)[^]*lower it to 14m12s/,
    );
    assert.throws(
      () => settingsOf({ wal: { logs: true, disk: "300Mi" } }),
      /alloy:wal\.disk\n {4}is 300\.0 MiB, but a budget of 50m needs .* of lines \(100 lines\/s/,
    );
    assert.throws(() => settingsOf({ wal: { load: { bytesPerLine: 0 } } }), /is not a whole number above zero/);
  });
});
