import assert from "node:assert/strict";

import { isAtLeastOnce } from "../../settings/delivery";
import { settingsOf, type StackValues } from "../support/settings";
import { composePipeline } from "../../pipeline/compose";

describe("alloy:delivery", () => {
  const needed = (values: StackValues) => composePipeline(settingsOf(values)).needs.acknowledged;

  it("is at-least-once, unless the write-ahead log is on, lines come from files, or none are collected", () => {
    assert.equal(isAtLeastOnce(settingsOf()), true);
    assert.equal(isAtLeastOnce(settingsOf({ delivery: "at-least-once" })), true);
    assert.equal(isAtLeastOnce(settingsOf({ delivery: "at-most-once" })), false);
    assert.equal(isAtLeastOnce(settingsOf({ wal: { logs: true } })), false);
    assert.equal(isAtLeastOnce(settingsOf({ logs: { source: "files" } })), false);
    assert.equal(isAtLeastOnce(settingsOf({ logs: { enabled: false } })), false);
  });

  it("asks the pod for the positions of each source, and for nothing at-most-once", () => {
    assert.deepEqual(needed({}), { sources: ["loki.source.kubernetes.pods"], heldSeconds: 0 });
    for (const values of [{ delivery: "at-most-once" }, { logs: { enabled: false } }, { wal: { logs: true } }])
      assert.equal(needed(values), undefined);
  });
});
