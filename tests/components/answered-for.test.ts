import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

import fc from "fast-check";

import { functions } from "../../components/pod/acknowledged/command";
import { playPipeline, type Play, type Seen } from "../support/played-pipeline";

// The real `look` and `step`, with a played Alloy around them: one line is what there is to be seen in that second.
const driver = `
folders=()
held=$1
take() { [ "$file" != "$known" ] && candidate=$file; }
drop() { phase=none; }
promote() { known=$candidate; }
counters() { broken=0 made=1 open=1; [ "$handed" != - ]; }
while read -r file handed answered; do
  if [ "$file" = begin ]; then
    phase=none known=0 last_handed=0 last_answered=0
    continue
  fi
  look
  echo "$known"
done
`;

/** What the pod's own text holds for answered for, second by second, in each play. */
function judged(plays: readonly (readonly Seen[])[], held: number): number[][] {
  const input = plays
    .flatMap((seen) => ["begin", ...seen.map(({ file, handed, answered }) => `${file} ${handed ?? "-"} ${answered}`)])
    .join("\n");
  const { stdout, stderr, status } = spawnSync("/bin/bash", ["-c", `set -u\n${functions}\n${driver}`, "x", `${held}`], {
    input: `${input}\n`,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  const known = stdout.trim().split("\n").map(Number);
  return plays.map((seen) => known.splice(0, seen.length));
}

const play: fc.Arbitrary<Play> = fc.record({
  containers: fc.integer({ min: 1, max: 40 }),
  steps: fc.integer({ min: 1, max: 6 }),
  linesPerSecond: fc.integer({ min: 0, max: 400 }),
  // More than readers and steps hold together: 10 MiB, and a line of a container log is at most 16 KiB.
  queue: fc.integer({ min: 47, max: 300 }),
  batch: fc.integer({ min: 1, max: 50 }),
  outages: fc.array(fc.record({ from: fc.nat(90), seconds: fc.integer({ min: 1, max: 60 }) }), { maxLength: 3 }),
  dropped: fc.boolean(),
  unheard: fc.array(fc.nat(119), { maxLength: 10 }),
  held: fc.integer({ min: 0, max: 3 }),
  seed: fc.nat(),
});

describe("at-least-once: which positions are answered for", () => {
  it("are never ahead of what Loki has answered, whatever the load, the queue and the outages", () => {
    for (const held of [0, 2]) {
      // Lines that a step keeps have to fit into the queue as well.
      const chosen = fc.sample(play, 60).map((one) => ({ ...one, held, queue: one.queue + 100 * held }));
      const plays = chosen.map(playPipeline);
      let promoted = 0;
      judged(plays, held).forEach((known, at) =>
        known.forEach((file, second) => {
          const { answeredFor } = plays[at]?.[second] ?? { answeredFor: -1 };
          assert.ok(file <= answeredFor, `${JSON.stringify(chosen[at])}, second ${second}: ${file} of ${answeredFor}`);
          promoted += file > 0 ? 1 : 0;
        }),
      );
      assert.ok(promoted > 500, "hardly anything was promoted: the play shows nothing");
    }
  });

  it("are at most 16 s old while Loki answers, at any load", () => {
    const calm = fc
      .sample(play, 40)
      .map((one) => playPipeline({ ...one, queue: 300, outages: [], unheard: [], held: 0 }));
    judged(calm, 0).forEach((known, at) =>
      known.forEach((file, second) => {
        // A file is written every 10 s; its number is the second in which it was written.
        if (second > 16) assert.ok(second - file <= 16, `play ${at}, second ${second}: from second ${file}`);
      }),
    );
  });

  const quiet = (count: number, file: number, lines: number): Seen[] =>
    Array.from({ length: count }, () => ({ file, handed: lines, answered: lines, answeredFor: file }));

  it("stay as they were while the counters cannot be read, and follow afterwards", () => {
    const silent = quiet(10, 10, 5).map((seen): Seen => ({ ...seen, handed: undefined }));
    const [known = []] = judged([[...silent, ...quiet(10, 10, 5)]], 0);
    assert.deepEqual([known[9], known[19]], [0, 10]);
  });

  it("are none of a candidate whose counters went back: another process counts", () => {
    const before = [{ file: 10, handed: 90, answered: 10, answeredFor: 0 }];
    const [known = []] = judged([[...before, ...before, ...quiet(1, 10, 0), ...quiet(3, 10, 0)]], 0);
    assert.deepEqual(known, [0, 0, 0, 0, 0, 0], "the candidate begins anew");
    const [later = []] = judged([[...before, ...before, ...quiet(8, 10, 0)]], 0);
    assert.equal(later.at(-1), 10);
  });

  it("wait as long as a step may hold a line back", () => {
    const after = (held: number): number => judged([quiet(30, 10, 5)], held)[0]?.indexOf(10) ?? -1;
    assert.ok(after(7) - after(0) >= 7, `${after(7)} and ${after(0)}`);
  });

  it("come a little late, never early, where lines are lost without a counter", () => {
    const lost = Array.from({ length: 40 }, (_unused, at): Seen => {
      const handed = 100 * at + 500;
      return { file: 10, handed, answered: handed - 480, answeredFor: 0 };
    });
    const [known = []] = judged([lost], 0);
    assert.ok(known.indexOf(10) > 8, `${known.indexOf(10)}`);
  });
});
