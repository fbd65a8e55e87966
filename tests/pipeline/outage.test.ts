import assert from "node:assert/strict";

import fc from "fast-check";

import { longestPause, retriesWithin } from "../../pipeline/outage";
import { parseDuration } from "../../kit/units";

/**
 * When the last of `retries` tries is made, in milliseconds, if every pause is the shortest or the longest of its range.
 * Follows grafana/dskit backoff/backoff.go: the range doubles until its upper end is the maximum, then neither end moves.
 */
function lastTry(retries: number, longestPause: number, pick: "shortest" | "longest"): number {
  let [low, high] = [500, 1_000];
  let total = 0;
  for (let pauses = 0; pauses < retries - 1; pauses++) {
    total += pick === "shortest" ? low : high;
    if (high < longestPause) [low, high] = [Math.min(low * 2, longestPause), Math.min(high * 2, longestPause)];
  }
  return total;
}

describe("outage budget", () => {
  it("is 231 tries for an hour", () => {
    assert.equal(retriesWithin("1h"), 231);
  });

  it("pauses a 120th of the budget at the longest, from 1 s to 30 s", () => {
    assert.deepEqual(["20s", "10m", "1h", "24h"].map(longestPause), ["1s", "5s", "30s", "30s"]);
  });

  it("is never 0, which Alloy takes for 'never give up'", () => {
    assert.ok(retriesWithin("1ms") > 0);
  });

  it("throws at what is no duration", () => {
    assert.throws(() => retriesWithin("1x"), /not a duration: 1x/);
  });

  it("tries until the budget is over, and not for ever after it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 7 * 24 * 3600 }), (seconds) => {
        const retries = retriesWithin(`${seconds}s`);
        const budget = seconds * 1000;
        const pause = parseDuration(longestPause(`${seconds}s`)) ?? 0;
        assert.ok(lastTry(retries, pause, "shortest") >= budget, `may give up within ${seconds} s`);
        assert.ok(
          lastTry(retries, pause, "longest") <= 2 * (budget + pause),
          `may go on for more than twice ${seconds} s`,
        );
      }),
    );
  });
});
