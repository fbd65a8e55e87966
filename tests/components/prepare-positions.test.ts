import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { prepareStorageContainer } from "../../components/pod/prepare-storage";
import { good, refused, taken } from "../support/positions-files";

describe("prepare-storage: positions", () => {
  let folder: string;
  let directory: string;
  let file: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "prepare-positions-"));
    directory = path.join(folder, "a directory");
    file = path.join(directory, "loki.source.kubernetes.pods", "positions.yml");
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.mkdirSync(path.join(folder, "bin"));
    fs.writeFileSync(path.join(folder, "bin", "chown"), `#!/bin/sh\necho "$@" >> "${folder}/calls"\n`, { mode: 0o755 });
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  function run(prefix: string[] = [], bin = true): { status: number | null; stderr: string; files: string[] } {
    const [shell = "", ...args] = prepareStorageContainer("image", directory, 1).command as string[];
    const [command = "", ...words] = [...prefix, shell, ...args];
    const env = { PATH: [...(bin ? [path.join(folder, "bin")] : []), process.env["PATH"] ?? ""].join(":") };
    const { status, stderr } = spawnSync(command, words, { env, encoding: "utf8" });
    return { status, stderr, files: fs.readdirSync(path.dirname(file)) };
  }

  for (const [title, text] of Object.entries(taken))
    it(`stay as they are: ${title}`, () => {
      fs.writeFileSync(file, text);
      const { status, stderr, files } = run();
      assert.deepEqual({ status, stderr, files }, { status: 0, stderr: "", files: ["positions.yml"] });
      assert.equal(fs.readFileSync(file, "utf8"), text);
    });

  for (const [title, content] of Object.entries(refused))
    it(`are set aside, with a word, and kept: ${title}`, () => {
      fs.writeFileSync(file, content);
      const { status, stderr, files } = run();
      assert.equal(status, 0, stderr);
      assert.match(stderr, /positions\.yml is no file that Alloy can read: set aside as .*, and what the kubelet/);
      assert.match(files.join(), /^positions\.yml\.unreadable-\d{8}T\d{6}Z$/);
      const kept = fs.readFileSync(path.join(path.dirname(file), files[0] ?? ""));
      assert.ok(kept.equals(Buffer.from(content)));
      assert.match(fs.readFileSync(path.join(folder, "calls"), "utf8"), /^-h 473:473 .*unreadable-/m);
    });

  it("that are known to be answered for are looked at, too", () => {
    const known = file.replace("positions.yml", "positions.acknowledged.yml");
    fs.writeFileSync(known, Buffer.alloc(10));
    const { status, stderr, files } = run();
    assert.equal(status, 0, stderr);
    assert.match(stderr, /positions\.acknowledged\.yml is no file that Alloy can read/);
    assert.match(files.join(), /^positions\.acknowledged\.yml\.unreadable-/);
  });

  it("of every component are looked at, and nothing else is", () => {
    const others = ["loki.source.file.host/positions.yml", "loki.source.kubernetes.pods/positions.yml.old", "wal/0000"];
    for (const name of ["loki.source.kubernetes.pods/positions.yml", ...others]) {
      fs.mkdirSync(path.join(directory, path.dirname(name)), { recursive: true });
      fs.writeFileSync(path.join(directory, name), Buffer.alloc(10));
    }
    const { status, stderr, files } = run();
    assert.equal(status, 0, stderr);
    assert.equal(stderr.match(/set aside/g)?.length, 2, stderr);
    assert.ok(files.includes("positions.yml.old"));
    assert.ok(fs.existsSync(path.join(directory, "wal/0000")));
  });

  // As in the pod: uid 0 with no capability but CHOWN, and the files are another user's alone.
  it("are looked at and set aside without the right to read other users' files", function () {
    const asInThePod = ["setpriv", "--regid=473", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all,+chown"];
    if (process.getuid?.() !== 0 || spawnSync("setpriv", [...asInThePod.slice(1), "true"]).status !== 0)
      return this.skip();
    fs.chmodSync(folder, 0o755);
    for (const [content, aside] of [
      [good, false],
      [Buffer.alloc(10), true],
    ] as const) {
      fs.writeFileSync(file, content);
      for (const [one, mode] of [
        [file, 0o600],
        [path.dirname(file), 0o750],
        [directory, 0o750],
      ] as const) {
        fs.chmodSync(one, mode);
        fs.chownSync(one, 473, 473);
      }
      const { status, stderr, files } = run(asInThePod, false);
      assert.equal(status, 0, stderr);
      assert.equal(/set aside/.test(stderr), aside);
      assert.equal(files.includes("positions.yml"), !aside);
      for (const one of [path.dirname(file), ...files.map((name) => path.join(path.dirname(file), name))])
        assert.equal(fs.statSync(one).uid, 473, one);
    }
  });
});
