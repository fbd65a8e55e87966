import assert from "node:assert/strict";

import fc from "fast-check";

import { retriesWithin } from "../../pipeline/outage";

/**
 * When the last of `retries` tries is made, in milliseconds, if every pause is the shortest or the longest of its range.
 * Follows grafana/dskit backoff/backoff.go: the range doubles until its upper end is the maximum, then neither end moves.
 */
function lastTry(retries: number, pick: "shortest" | "longest"): number {
  const longestPause = 30_000;
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

  it("is never 0, which Alloy takes for 'never give up'", () => {
    assert.ok(retriesWithin("1ms") > 0);
  });

  it("throws at what is no duration", () => {
    assert.throws(() => retriesWithin("1x"), /not a duration: 1x/);
  });

  it("tries until the budget is over, and not for ever after it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 7 * 24 * 3600 }), (seconds) => {
        const retries = retriesWithin(`${seconds}s`);
        const budget = seconds * 1000;
        assert.ok(lastTry(retries, "shortest") >= budget, `may give up within ${seconds} s`);
        assert.ok(lastTry(retries, "longest") <= 2 * budget + 60_000, `may go on for more than twice ${seconds} s`);
      }),
    );
  });
});
