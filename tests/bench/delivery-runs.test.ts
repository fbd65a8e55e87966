import assert from "node:assert/strict";

import fc from "fast-check";

import { cells } from "../../bench/delivery/cells";
import { fewLines, manyLines, openRuns, resultsOf, rowsOf, type RunKey } from "../../bench/delivery/plan";
import { servedLines } from "../../bench/delivery/played-kubelet";
import type { RunResult } from "../../bench/delivery/result";
import { statusOf } from "../../bench/delivery/source-pod";
import { cellOf, resultOf } from "../support/delivery-results";

describe("delivery bench: which runs", () => {
  const asResult = ({ cell, lines, run, wal, delivery }: RunKey, lostInLoki = 0): RunResult =>
    resultOf({ cell: cell.name, wal, delivery, run, lines, lostInLoki });
  const rows = rowsOf(cells);

  it("has no row with a WAL for cells in which it has no part", () => {
    const withWal = rows.filter(({ wal }) => wal).map(({ cell }) => cell);
    assert.deepEqual(
      withWal.filter(({ withoutWalOnly }) => withoutWalOnly === true),
      [],
    );
    const both = cells.filter(({ bothDeliveries }) => bothDeliveries === true);
    assert.equal(rows.length, cells.length + withWal.length + both.length);
    assert.ok(both.length > 0);
  });

  it("has both deliveries for each cell in which a collector stops, and the WAL at-most-once only", () => {
    const kinds = rowsOf([cellOf("sigkill-outage")]).map(({ wal, delivery }) => `${delivery} ${wal}`);
    assert.deepEqual(kinds, ["at-least-once false", "at-most-once false", "at-most-once true"]);
    assert.deepEqual(rowsOf([cellOf("sigkill-outage")], undefined, ["at-least-once"]).length, 1);
  });

  it("runs a row once, and three times with many lines where one was lost", () => {
    const own = rowsOf([cellOf("loki-down-30s")], [false]);
    const [first, ...none] = openRuns(own, []);
    assert.deepEqual([first?.lines, first?.run, none.length], [fewLines, 1, 0]);
    assert.ok(first !== undefined);
    assert.deepEqual(openRuns(own, [asResult(first)]), []);
    const more = openRuns(own, [asResult(first, 1)]);
    assert.deepEqual(
      more.map(({ run, lines }) => [run, lines]),
      [1, 2, 3].map((run) => [run, manyLines]),
    );
  });

  it("takes what was asked for in place of the rule", () => {
    const open = openRuns(rowsOf([cellOf("sigkill-outage")], [true]), [], { lines: 500, runs: 2 });
    assert.deepEqual(
      open.map(({ run, lines, wal }) => [run, lines, wal]),
      [
        [1, 500, true],
        [2, 500, true],
      ],
    );
  });

  it("comes to an end, has each row once before any twice, and each that lost three times with many lines", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.boolean()), (loses) => {
        const results: RunResult[] = [];
        for (let next = openRuns(rows, results)[0]; next !== undefined; next = openRuns(rows, results)[0]) {
          const before = results.length;
          assert.equal(next !== undefined && resultsOf(next, results).length > 0, before >= rows.length);
          results.push(asResult(next, loses.next().value ? 1 : 0));
          assert.ok(results.length <= 4 * rows.length);
        }
        for (const row of rows) {
          const { cell } = row;
          const own = resultsOf(row, results);
          const many = own.filter(({ lines }) => lines === manyLines).length;
          if (cell.always3 === true || own.some(({ lostInLoki }) => lostInLoki > 0)) assert.equal(many, 3);
          else assert.equal(own.length, 1);
        }
      }),
      { numRuns: 8 },
    );
  });
});

describe("delivery bench: a played kubelet", () => {
  const log = [
    "2026-01-01T00:00:01.900000000Z stdout F one",
    "2026-01-01T00:00:02.000000001Z stdout F two words",
    "2026-01-01T00:00:03.000000000Z stderr F three",
    "",
  ].join("\n");

  it("serves lines with their times, from the second that was asked for", () => {
    const all = "2026-01-01T00:00:01.900000000Z one\n2026-01-01T00:00:02.000000001Z two words\n";
    assert.equal(servedLines(log, "").startsWith(all), true);
    assert.equal(servedLines(log, "2026-01-01T00:00:02Z").split("\n")[0], "2026-01-01T00:00:02.000000001Z two words");
    assert.equal(servedLines(log, "2026-01-01T00:00:04Z"), "");
  });

  it("says what became of a container", () => {
    const times = { startedAt: "2026-01-01T00:00:00Z", now: "2026-01-01T00:00:09Z" };
    const stateOf = (exitCode: number, running: boolean) => {
      const status = statusOf({ count: 2, seconds: 1, downSeconds: 1, exitCode }, 1, running, times);
      const [container] = status["containerStatuses"] as { state: object; restartCount: number }[];
      return [status["phase"], ...Object.keys(container?.state ?? {}), container?.restartCount];
    };
    assert.deepEqual(stateOf(1, true), ["Running", "running", 1]);
    assert.deepEqual(stateOf(1, false), ["Running", "waiting", 1]);
    assert.deepEqual(stateOf(0, false), ["Succeeded", "terminated", 1]);
  });
});
