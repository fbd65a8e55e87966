import assert from "node:assert/strict";

import { courseOf, isFlat } from "../../bench/scale/slope";

const sawtooth = (count: number, rise: number): number[] =>
  Array.from({ length: count }, (_, at) => 100 + rise * at + (at % 2 === 0 ? 1 : -1));

describe("bench: whether something grows", () => {
  it("finds how much a value has grown, and how far it swings around that", () => {
    const { mean, growth, noise } = courseOf(sawtooth(101, 0.5));
    assert.ok(Math.abs(mean - 125) < 0.1);
    assert.ok(Math.abs(growth - 50) < 0.5);
    assert.ok(Math.abs(noise - 1) < 0.05);
  });

  it("takes what swings for flat, and what falls, but nothing that climbs", () => {
    assert.equal(isFlat(courseOf(sawtooth(100, 0))), true);
    assert.equal(isFlat(courseOf(sawtooth(100, -0.5))), true);
    assert.equal(isFlat(courseOf(sawtooth(100, 0.5))), false);
    assert.equal(isFlat(courseOf([7, 7, 7, 7])), true);
  });

  it("says nothing of two samples", () => {
    assert.throws(() => courseOf([1, 2]), /2 samples say nothing/);
    assert.throws(() => courseOf([]), /0 samples/);
  });
});
