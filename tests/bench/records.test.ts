import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { parts } from "../../bench/parts";
import { measurementsFile, readRecords, withRecords, writeRecord, type PartRecord } from "../../bench/record";
import { repoRoot } from "../../kit/repo-root";

const record = (part: string, more: Partial<PartRecord> = {}): PartRecord => ({
  ...{ part, exitCode: 0, text: `${part} is fast`, commit: "1234567", day: "2026-12-01", minutes: 2 },
  ...{ machine: "2 cores", load: [0.1, 2] },
  ...more,
});

const document =
  "# Title\n\n<!-- npm run bench writes from here -->\n\nold\n\n<!-- to here -->\n\n## What was not tried\n";

describe("npm run bench", () => {
  it("has a script for each part, and each name once", () => {
    assert.ok(parts.length > 3);
    assert.equal(new Set(parts.map(({ name }) => name)).size, parts.length);
    for (const { script } of parts) assert.ok(fs.existsSync(path.join(repoRoot, script)), script);
  });

  it("writes each record in the order of the parts, with its verdict, and keeps what is around", () => {
    const records = new Map([
      ["b", record("b", { exitCode: 1 })],
      ["a", record("a")],
      ["c", record("c", { exitCode: 2 })],
    ]);
    const text = withRecords(document, ["a", "b", "c"], records);
    assert.match(text, /### a\n+Each target is met.*\n+```\na is fast\n```\n+### b\n+\*\*A target is missed/);
    assert.match(text, /### c\n+\*\*It could not be measured/);
    assert.match(text, /Commit 1234567, 2026-12-01, 2 min, 2 cores, load 0.1 at the beginning and 2 at the end/);
    assert.doesNotMatch(text, /old/);
    assert.match(text, /^# Title\n[^]*\n## What was not tried\n$/);
    assert.equal(withRecords(text, ["a", "b", "c"], records), text);
  });

  it("refuses a document without a place for them, and to write no record at all", () => {
    assert.throws(() => withRecords("# Title\n", ["a"], new Map([["a", record("a")]])), /has no lines/);
    assert.throws(() => withRecords(document, ["a"], new Map()), /no record/);
  });

  it("finds its place in docs/measurements.md", () => {
    const text = fs.readFileSync(measurementsFile, "utf8");
    assert.match(withRecords(text, ["a"], new Map([["a", record("a")]])), /a is fast/);
  });

  it("keeps what a part has printed, for a round that goes on another day", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-records-"));
    try {
      assert.equal((await readRecords(path.join(folder, "none"))).size, 0);
      await writeRecord(record("a"), folder);
      await writeRecord(record("a", { text: "slower" }), folder);
      assert.deepEqual([...(await readRecords(folder))], [["a", record("a", { text: "slower" })]]);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});
