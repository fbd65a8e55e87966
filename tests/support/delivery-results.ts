import assert from "node:assert/strict";

import type { Cell } from "../../bench/delivery/cell";
import { cells } from "../../bench/delivery/cells";
import type { RunResult } from "../../bench/delivery/result";

/** The cell of that name. */
export const cellOf = (name: string): Cell => cells.find((cell) => cell.name === name) ?? assert.fail(name);

/** A result in which nothing was lost, but for `values`. */
export function resultOf(values: Partial<RunResult> = {}): RunResult {
  return {
    cell: "baseline",
    wal: false,
    delivery: "at-most-once",
    run: 1,
    lines: 100,
    at: "2026-01-01T00:00:00Z",
    seconds: 60,
    setUpSeconds: 10,
    alloyVersion: "1.18.1",
    containers: 6,
    pushed: { written: 100, lost: 0, doubles: 0, doublesOfOne: 0 },
    lostInLoki: 0,
    lostOfOthers: 0,
    missing: [],
    counters: { sent: 100, retries: 0, droppedByWrite: {}, droppedByProcess: {} },
    counted: 0,
    answers: {},
    walBytes: 0,
    catchUpSeconds: 0,
    ...values,
  };
}
