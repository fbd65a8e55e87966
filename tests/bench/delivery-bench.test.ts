import assert from "node:assert/strict";

import fc from "fast-check";
import { BinaryWriter } from "google-protobuf";
import { compress } from "snappyjs";

import { cells } from "../../bench/delivery/cells";
import { countersOf } from "../../bench/delivery/collectors";
import { Ledger, lineText, readLine } from "../../bench/delivery/ledger";
import { reportOf, worstOf } from "../../bench/delivery/report";
import { judgeRun } from "../../bench/delivery/result";
import { shifted } from "../../bench/delivery/source";
import { decodePush, type PushedStream } from "../../packages/sandbox/servers/push-request";
import { cellOf, resultOf } from "../support/delivery-results";

/** What a collector posts; the fields that are not read are there too. */
function encodePush(streams: readonly PushedStream[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const { labels, entries } of streams)
    writer.writeMessage(1, labels, (text: string, inner: BinaryWriter) => {
      inner.writeString(1, text);
      for (const entry of entries)
        inner.writeMessage(2, entry, ({ line, metadata }: (typeof entries)[number], own: BinaryWriter) => {
          own.writeMessage(1, 0, (_unused: number, time: BinaryWriter) => time.writeInt64(1, 1_700_000_000));
          own.writeString(2, line);
          for (const pair of Object.entries(metadata))
            own.writeMessage(3, pair, ([name, value]: [string, string], label: BinaryWriter) => {
              label.writeString(1, name);
              label.writeString(2, value);
            });
        });
      inner.writeUint64(3, 42);
    });
  return compress(writer.getResultBuffer());
}

describe("delivery bench: counting", () => {
  it("decodes what a collector pushes", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 40 });
    const name = fc.stringMatching(/^[a-z]{1,8}$/);
    const metadata = fc.dictionary(name, text, { maxKeys: 3, noNullPrototype: true });
    const plain = { noNullPrototype: true };
    const entry = fc.record({ line: text, metadata }, plain);
    const stream = fc.record({ labels: text, entries: fc.array(entry, { maxLength: 5 }) }, plain);
    fc.assert(
      fc.property(fc.array(stream, { maxLength: 4 }), (streams) => {
        assert.deepEqual(decodePush(encodePush(streams)), streams);
      }),
      { numRuns: 60 },
    );
  });

  it("refuses what is no push", () => {
    assert.throws(() => decodePush(Buffer.from("{}")));
  });

  it("reads the lines that it writes, and no others", () => {
    assert.deepEqual(readLine(lineText(12, 3456)), { container: 12, sequence: 3456 });
    assert.deepEqual(readLine(lineText(12, 3456, 1_000)), { container: 12, sequence: 3456 });
    assert.equal(lineText(12, 3456, 1_000).length, 1_000);
    assert.equal(readLine("ts=2026-01-01T00:00:00Z level=info"), undefined);
  });

  it("counts what was lost and what came again, whatever the order", () => {
    const takes = fc.array(fc.record({ container: fc.nat(2), sequence: fc.nat(9) }), { maxLength: 60 });
    fc.assert(
      fc.property(takes, (taken) => {
        const ledger = new Ledger(10);
        for (let line = 0; line < 30; line++) ledger.next(line % 3);
        for (const { container, sequence } of taken) ledger.take(lineText(container, sequence));
        const different = new Set(taken.map(({ container, sequence }) => `${container} ${sequence}`)).size;
        const tally = ledger.tally();
        assert.deepEqual(
          [tally.written, tally.lost, tally.doubles, ledger.arrived],
          [30, 30 - different, taken.length - different, different],
        );
        assert.equal(ledger.withNothingTaken().tally().lost, 30);
      }),
    );
  });

  it("names the ranges that are missing, the longest first", () => {
    const ledger = new Ledger(20);
    for (let line = 0; line < 20; line++) ledger.next(1);
    for (const sequence of [0, 1, 4, 5, 6, 12]) ledger.take(lineText(1, sequence));
    assert.deepEqual(ledger.missing(), ["1: 13-19", "1: 7-11", "1: 2-3"]);
  });

  it("reads the counters by reason", () => {
    const counters = countersOf(
      [
        'loki_write_sent_entries_total{host="a"} 5',
        'loki_write_sent_entries_total{host="b"} 7',
        'loki_write_dropped_entries_total{host="a",reason="ingester_error"} 2',
        'loki_write_dropped_entries_total{host="a",reason="rate_limited"} 0',
        'loki_process_dropped_lines_total{component_id="x",reason="older_than_loki_window"} 3',
        "loki_write_batch_retries_total 4",
      ].join("\n"),
    );
    assert.deepEqual(counters, {
      sent: 12,
      retries: 4,
      droppedByWrite: { ingester_error: 2 },
      droppedByProcess: { older_than_loki_window: 3 },
    });
  });

  it("stamps lines off by whole seconds", () => {
    assert.equal(shifted("2026-01-01T00:00:30.123456789Z", -60), "2025-12-31T23:59:30.123456789Z");
    assert.equal(shifted("2026-01-01T00:00:30.123456789Z", 0), "2026-01-01T00:00:30.123456789Z");
  });
});

describe("delivery bench: judging", () => {
  it("has cells with names of their own, whose steps are in time", () => {
    assert.equal(new Set(cells.map(({ name }) => name)).size, cells.length);
    for (const { steps, name } of cells) for (const { at } of steps) assert.ok(at > 0 && at < 200, name);
    assert.ok(cells.length > 20);
  });

  it("lets a collector that is up lose nothing", () => {
    assert.ok(judgeRun(cellOf("loki-down-30s"), resultOf()).holds);
    assert.ok(!judgeRun(cellOf("loki-down-30s"), resultOf({ lostInLoki: 1 })).holds);
  });

  it("lets a collector that stops send one line a container again, not two", () => {
    const again = (doublesOfOne: number) => resultOf({ pushed: { written: 100, lost: 0, doubles: 6, doublesOfOne } });
    assert.ok(judgeRun(cellOf("sigterm-up"), again(1)).holds);
    assert.ok(!judgeRun(cellOf("sigterm-up"), again(2)).holds);
  });

  it("wants a loss beyond the budget to be counted to the line", () => {
    const cell = cellOf("outage-beyond-budget");
    assert.ok(judgeRun(cell, resultOf({ lostInLoki: 7, counted: 7 })).holds);
    assert.ok(!judgeRun(cell, resultOf({ lostInLoki: 8, counted: 7 })).holds);
    // Loki had taken two whose answer did not get through; given up in the end, they are counted and there.
    assert.ok(judgeRun(cell, resultOf({ lostInLoki: 5, counted: 7, unheard: 2 })).holds);
    assert.ok(!judgeRun(cell, resultOf({ lostInLoki: 5, counted: 7, unheard: 1 })).holds);
  });

  it("looks at the other namespaces only at a stream limit, and at bytes where a queue is lost", () => {
    assert.ok(judgeRun(cellOf("stream-limit"), resultOf({ lostInLoki: 50 })).holds);
    assert.ok(!judgeRun(cellOf("stream-limit"), resultOf({ lostInLoki: 50, lostOfOthers: 1 })).holds);
    // Lines of 1,000 bytes against 36 MiB of three queues.
    assert.ok(judgeRun(cellOf("sigkill-outage"), resultOf({ lostInLoki: 37_000 })).holds);
    assert.ok(!judgeRun(cellOf("sigkill-outage"), resultOf({ lostInLoki: 38_000 })).holds);
    assert.ok(judgeRun(cellOf("sigkill-outage"), resultOf({ lostInLoki: 38_000, wal: true })).holds);
  });

  it("lets a collector that delivers at least once lose nothing, and send again what it read in 16 s", () => {
    const kind = { delivery: "at-least-once", lines: 5_000 } as const;
    const again = (doubles: number) => ({ written: 5_000, lost: 0, doubles, doublesOfOne: doubles });
    for (const name of ["sigterm-up", "sigkill-outage", "rollout-outage", "sigkill-steady"]) {
      assert.ok(judgeRun(cellOf(name), resultOf({ ...kind, pushed: again(1_600) })).holds, name);
      assert.ok(!judgeRun(cellOf(name), resultOf({ ...kind, lostInLoki: 1 })).holds, name);
    }
    // 100 lines a second, and 500 a second for two stops.
    assert.ok(!judgeRun(cellOf("sigkill-steady"), resultOf({ ...kind, pushed: again(1_601) })).holds);
    assert.ok(judgeRun(cellOf("two-kills-outage"), resultOf({ ...kind, pushed: again(16_000) })).holds);
    assert.ok(!judgeRun(cellOf("two-kills-outage"), resultOf({ ...kind, pushed: again(16_001) })).holds);
  });

  it("lets a collector that is killed lose no more than was under way", () => {
    const under = (lostInLoki: number) => resultOf({ lostInLoki, underWay: 500 });
    assert.ok(judgeRun(cellOf("reboot-outage"), under(500)).holds);
    assert.ok(!judgeRun(cellOf("reboot-outage"), under(501)).holds);
    // One that is told to stop reads on for a moment.
    assert.ok(judgeRun(cellOf("sigterm-outage"), under(501)).holds);
  });

  it("shows the worst run and says which rows were not run", () => {
    const kind = { delivery: "at-least-once" } as const;
    const [fine, bad] = [resultOf(kind), resultOf({ ...kind, run: 2, lostInLoki: 3 })];
    assert.equal(worstOf([fine, bad])?.run, 2);
    const text = reportOf(cells, [fine, bad], { cpus: 2, memoryGib: 8, node: "v20" });
    assert.match(text, /`baseline`: nothing happens, 30 pods \| at-least-once \| 2 \| 100 \| 3 \|.*\*\*no\*\*/);
    assert.match(text, /## Rows that break the promise\n\n- `baseline`, at-least-once: 3 lost/);
    assert.match(text, /- sigkill-outage, at-most-once, WAL: 3/);
    // What lost has to be run with more lines; and the run of 20,000 is not there.
    assert.match(text.split("## Runs that are still open")[1] ?? "", /- baseline, at-least-once: 4\n/);
  });

  it("explains what is known, once a cell, and only where it was seen", () => {
    const around = { cpus: 2, memoryGib: 8, node: "v20" };
    const again = { written: 100, lost: 0, doubles: 9, doublesOfOne: 9 };
    const both = [false, true].map((wal) => resultOf({ cell: "sigkill-up", wal, pushed: again }));
    assert.equal(reportOf(cells, both, around).match(/- `sigkill-up`: positions are written/g)?.length, 1);
    assert.doesNotMatch(reportOf(cells, [resultOf()], around), /## Why/);
  });
});
