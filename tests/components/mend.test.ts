import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { functions } from "../../components/pod/acknowledged/command";

/** `broken made open`, or the first two with one that is open, as Alloy's counters have them second by second. */
type Second = `${number} ${number}` | `${number} ${number} ${number}`;

// By lot it waits 5 s and more; here the lot is always the smallest.
const driver = `unset RANDOM; RANDOM=0; while read -r broken made open; do mend "$broken" "$made" "\${open:-1}"; echo "$action"; done`;

function run(script: string, input = ""): { lines: string[]; stderr: string } {
  const { stdout, stderr, status } = spawnSync("/bin/bash", ["-c", `set -u\n${functions}\n${script}`], {
    input,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return { lines: stdout.trim().split("\n"), stderr };
}

const actions = (seconds: readonly Second[]): string[] => run(driver, `${seconds.join("\n")}\n`).lines;
const times = (count: number, second: Second): Second[] => Array.from({ length: count }, () => second);

describe("at-least-once: a broken connection to the API server", () => {
  const cases: [title: string, seconds: Second[], frozen: number[], restarts: number[]][] = [
    ["never breaks", times(60, "0 1"), [], []],
    ["was broken before anybody looked", times(60, "7 3"), [], []],
    ["breaks and is made again within a second", [...times(6, "0 1"), ...times(20, "1 2")], [6], [11]],
    ["is away for a while", [...times(6, "0 1"), "1 1", "2 1", ...times(30, "2 1"), ...times(9, "2 2")], [6, 7], [42]],
    ["never comes back", [...times(6, "0 1"), ...times(90, "1 1")], [6], []],
    [
      "comes and goes: the wait begins anew",
      [...times(6, "0 1"), "1 2", "1 2", "2 3", ...times(9, "2 3")],
      [6, 8],
      [13],
    ],
    ["breaks a second time later", [...times(6, "0 1"), ...times(20, "1 2"), ...times(9, "2 3")], [6, 26], [11, 31]],
    ["is one for each container", [...times(6, "0 9 9"), ...times(9, "1 9 8"), ...times(20, "4 12 8")], [], []],
    ["is made twice at once", [...times(6, "0 1"), "1 3 2", ...times(20, "2 3 1")], [6, 7], [12]],
    ["is made several times at the beginning", ["0 0 0", "0 1 1", "2 3 1", ...times(60, "2 3")], [], []],
    ["has counters that go back", [...times(6, "5 4"), ...times(20, "0 1")], [], []],
  ];

  for (const [title, seconds, frozen, restarts] of cases)
    it(title, () => {
      const done = actions(seconds);
      const at = (action: string): number[] => done.flatMap((one, second) => (one === action ? [second] : []));
      assert.equal(done.length, seconds.length);
      assert.deepEqual([at("freeze"), at("restart")], [frozen, restarts]);
    });

  describe("ends Alloy", () => {
    let storage: string;
    beforeEach(() => (storage = fs.mkdtempSync(path.join(os.tmpdir(), "mend-"))));
    afterEach(() => fs.rmSync(storage, { recursive: true, force: true }));

    const restart = (before = ""): { lines: string[]; stderr: string } =>
      run(
        `storage=${storage}\nsleep 60 & alloy=$!\n${before}\nrestart\nsleep 0.1\njobs -r | wc -l; kill -9 %1 2>/dev/null; true`,
      );

    it("once in ten minutes, and says what it does and what it does not", () => {
      const first = restart();
      assert.deepEqual(first.lines, ["0"]);
      assert.match(first.stderr, /starts again from the positions before that/);
      const second = restart();
      assert.deepEqual(second.lines, ["1"]);
      assert.match(second.stderr, /within 10 minutes: what was written in between is not read again/);
      const earlier = new Date(Date.now() - 601_000);
      fs.utimesSync(path.join(storage, "delivery.restarted"), earlier, earlier);
      assert.deepEqual(restart().lines, ["0"]);
    });

    it("never, where it cannot remember that it did", () => {
      assert.deepEqual(restart("touch() { return 1; }").lines, ["1"]);
    });
  });
});
