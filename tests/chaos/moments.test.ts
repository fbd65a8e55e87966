import assert from "node:assert/strict";

import { begunPhases, dealMoments, phases, PhaseTimes, type Moment } from "./moments";
import { randomFrom } from "./random";

function draw(seed: number, count: number): Moment[] {
  const deal = dealMoments(randomFrom(seed));
  return Array.from({ length: count }, deal);
}

describe("the chaos test's moments", () => {
  it("are the same for the same seed, and others for another", () => {
    assert.deepEqual(draw(7, 20), draw(7, 20));
    assert.notDeepEqual(draw(7, 20), draw(8, 20));
  });

  it("leave no phase of a start out, whatever the seed: ten rounds have each, `up` three times", () => {
    for (let seed = 0; seed < 50; seed++) {
      const drawn = draw(seed, 20).map(({ phase }) => phase);
      for (const ten of [drawn.slice(0, 10), drawn.slice(10)]) {
        assert.deepEqual(new Set(ten), new Set(phases));
        assert.equal(ten.filter((phase) => phase === "up").length, 3);
      }
    }
  });

  it("come in no fixed order, and anywhere in a phase", () => {
    const firsts = new Set(Array.from({ length: 50 }, (_, seed) => draw(seed, 1)[0]?.phase));
    assert.equal(firsts.size, phases.length);
    const shares = draw(1, 200).map(({ share }) => share);
    assert.ok(Math.min(...shares) < 0.05 && Math.max(...shares) > 0.95);
  });
});

describe("the phases that the chaos test reads", () => {
  it("are those that npm start shows as begun", () => {
    const output = "❯ tools: from PATH, the cache, or built\n✔ tools: from PATH [1s]\n❯ servers: Kubernetes, Loki\n";
    assert.deepEqual(begunPhases(output), ["tools", "servers"]);
  });

  it("must be known: a kill would otherwise wait for a step that never comes", () => {
    assert.throws(() => begunPhases("❯ something new\n"), /does not know: something new/);
  });

  it("forget what was slow only by halves, since a start after a kill finds half of it done", () => {
    const times = new PhaseTimes();
    times.learn({ servers: 20_000 });
    times.learn({ servers: 500 });
    assert.equal(times.of("servers"), 10_000);
    times.learn({ servers: 600_000 });
    assert.equal(times.of("servers"), 60_000);
  });
});
