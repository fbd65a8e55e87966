import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { functions } from "../../components/pod/acknowledged/command";

const source = "loki.source.kubernetes.pods";
const entry = (at: number): string =>
  `positions:\n  ? path: cursor-a/b:c:d\n    labels: '{a="${at}"}'\n  : "${1_700_000_000_000_000 + at}"\n`;
const nothing = "positions: {}\n";

/** What lies in a source's folder, and what a collector then starts from. */
interface Case {
  title: string;
  /** What Alloy wrote last, and what is known to be answered for; absent: there is no file. */
  last?: string;
  known?: string;
  /** Seconds by which Alloy's file is the younger one. */
  younger?: number;
  starts: string;
  /** What is known afterwards; what it starts from, where nothing is written. */
  says?: RegExp;
}

const cases: Case[] = [
  { title: "a new node", starts: nothing },
  { title: "a kill: Alloy's file is ahead", last: entry(9), known: entry(5), younger: 12, starts: entry(5) },
  { title: "an outage: it is far ahead", last: entry(9), known: entry(5), younger: 7_200, starts: entry(5) },
  { title: "an earlier version's positions", last: entry(9), starts: entry(9), says: /is not there yet/ },
  { title: "Alloy's file was set aside", known: entry(5), starts: entry(5) },
  { title: "Alloy's file is empty", last: "", known: entry(5), starts: entry(5) },
  { title: "Alloy's file is half-written", last: entry(9).slice(0, 30), known: entry(5), starts: entry(5) },
  { title: "what is known is empty", last: entry(9), known: "", starts: entry(9), says: /is not there yet/ },
  { title: "both are empty", last: "", known: "", starts: nothing },
  { title: "nothing was answered for yet", last: entry(9), known: nothing, starts: nothing },
  { title: "the clock stepped back", last: entry(9), known: entry(5), younger: -7_200, starts: entry(5) },
  { title: "the clock stepped ahead", last: entry(9), known: entry(5), younger: 80_000, starts: entry(5) },
  {
    title: "days at-most-once in between",
    ...{ last: entry(9), known: entry(5), younger: 90_000 },
    ...{ starts: entry(9), says: /more than a day older/ },
  },
  {
    title: "a new label set: the old key stays",
    ...{ last: entry(9) + entry(2).replace("positions:\n", ""), known: entry(5), starts: entry(5) },
  },
];

describe("at-least-once: what a collector starts from", () => {
  let storage: string;
  let folder: string;

  beforeEach(() => {
    storage = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "start-from-")), "a storage");
    folder = path.join(storage, source);
  });
  afterEach(() => fs.rmSync(path.dirname(storage), { recursive: true, force: true }));

  const file = (name: string): string => path.join(folder, `positions${name}.yml`);
  const text = (name: string): string | undefined =>
    fs.existsSync(file(name)) ? fs.readFileSync(file(name), "utf8") : undefined;

  function lay({ last, known, younger = 12 }: Case): void {
    fs.mkdirSync(folder, { recursive: true });
    const at = Math.floor(Date.now() / 1000) - 100_000;
    if (last !== undefined) fs.writeFileSync(file(""), last);
    if (known !== undefined) fs.writeFileSync(file(".acknowledged"), known);
    if (known !== undefined) fs.utimesSync(file(".acknowledged"), at, at);
    if (last !== undefined) fs.utimesSync(file(""), at + younger, at + younger);
    fs.writeFileSync(file(".candidate"), "left by a collector that was killed");
  }

  function start(prefix = ""): { status: number | null; stderr: string } {
    const script = `set -u\n${functions}\n${prefix}\nstart_from "$1"`;
    const { status, stderr } = spawnSync("/bin/bash", ["-c", script, "delivery", folder], { encoding: "utf8" });
    return { status, stderr };
  }

  for (const one of cases)
    it(one.title, () => {
      lay(one);
      const { status, stderr } = start();
      assert.equal(status, 0, stderr);
      // No file is no position, for Alloy, too.
      assert.equal(text("") ?? nothing, one.starts === nothing ? (text("") ?? nothing) : one.starts);
      if (one.starts === nothing) assert.ok([undefined, "", nothing].includes(text("")), text(""));
      assert.equal(text(".acknowledged"), one.starts, "what it starts from is what is known");
      assert.match(stderr, one.says ?? /^$/);
      assert.deepEqual(
        fs.readdirSync(folder).filter((name) => /candidate|new/.test(name)),
        [],
      );
    });

  it("two crashes in a row, and one before Alloy has written anything, start from the same", () => {
    lay({ title: "", last: entry(9), known: entry(5), starts: entry(5) });
    const now = new Date();
    fs.utimesSync(file(".acknowledged"), now, now);
    for (let crash = 0; crash < 3; crash++) {
      assert.deepEqual(start(), { status: 0, stderr: "" });
      assert.equal(text(""), entry(5));
      // Alloy renames a new file into place; it does not write into the one that is there.
      if (crash === 1) continue;
      fs.writeFileSync(file(".tmp"), entry(20 + crash));
      fs.renameSync(file(".tmp"), file(""));
      assert.equal(text(".acknowledged"), entry(5));
    }
  });

  it("a new node's folder belongs to the collector alone, and a source's name may be anything", () => {
    start();
    assert.equal(fs.statSync(folder).mode & 0o777, 0o750);
    assert.equal(fs.statSync(file(".acknowledged")).mode & 0o777, 0o600);
  });

  for (const tool of ["ln", "mv", "mkdir"])
    it(`a disk on which ${tool} fails: Alloy starts from what it wrote, and that is said`, () => {
      lay({ title: "", last: entry(9), known: entry(5), starts: entry(9) });
      const { status, stderr } = start(`${tool}() { echo "${tool}: No space left on device" >&2; return 1; }`);
      assert.equal(status, 0);
      assert.equal(text("") ?? "", tool === "mkdir" ? entry(5) : entry(9));
      assert.match(stderr, tool === "mkdir" ? /No space/ : /No space[^]*cannot be written: starts from what Alloy/);
    });
});
