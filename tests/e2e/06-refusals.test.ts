import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { npmRun, run } from "./support/command";

/** `npm start` on a machine or in a place where it cannot be: a report, and nothing that was started. */
describe("npm start, refused", () => {
  let folder = "";
  beforeEach(async () => (folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-e2e-refused-"))));
  afterEach(() => fs.rm(folder, { recursive: true, force: true }));

  async function refused(env: NodeJS.ProcessEnv, ...expected: RegExp[]): Promise<void> {
    const result = await npmRun("start", [], { env });
    assert.notEqual(result.exitCode, 0, result.output);
    for (const text of [/1 problem; nothing was deployed\.$/m, ...expected]) assert.match(result.output, text);
    assert.doesNotMatch(result.output, /^ +at .+:\d+/m, "a stack trace is printed");
    const started = await fs.readdir(path.join(env["ALLOY_SANDBOX"] ?? "", "processes")).catch(() => []);
    assert.deepEqual(started, [], "something was started");
  }

  it("in a place that cannot be written", async () => {
    await fs.writeFile(path.join(folder, "file"), "");
    await refused(
      { ALLOY_SANDBOX: path.join(folder, "file", "sandbox") },
      /file\/sandbox\n +cannot be made \(ENOTDIR/,
      /→ set ALLOY_SANDBOX to a folder of your own/,
    );
  });

  it("with a cache that cannot be written", async () => {
    await fs.writeFile(path.join(folder, "file"), "");
    await refused(
      { ALLOY_SANDBOX: path.join(folder, "sandbox"), ALLOY_CACHE: path.join(folder, "file", "cache") },
      /file\/cache[^\n]*\n +cannot exist: a part of its path is a file/,
      /→ set ALLOY_CACHE to a folder of your own/,
    );
  });

  it("without user namespaces", async () => {
    const bwrap = path.join(folder, "bwrap");
    const lines = [
      "#!/bin/sh",
      '[ "$1" = --version ] && { echo "bubblewrap 0.8.0"; exit 0; }',
      'echo "bwrap: No permissions to create new namespace" >&2; exit 1',
    ];
    await fs.writeFile(bwrap, `${lines.join("\n")}\n`, { mode: 0o755 });
    await refused(
      { ALLOY_SANDBOX: path.join(folder, "sandbox"), PATH: `${folder}:${process.env["PATH"]}` },
      /processes cannot be boxed in with bubblewrap \(.*No permissions to create new namespace/,
      /→ run as root, or allow unprivileged user namespaces \(sysctl /,
    );
  });

  it("on a disk that is full", async function () {
    const mount = `mount -t tmpfs -o size=2m tmpfs ${folder} && exec npm run --silent start`;
    const result = await run("unshare", ["-Urm", "sh", "-c", mount], { env: { ALLOY_SANDBOX: folder } });
    if (/unshare failed|unshare: |mount: /.test(result.output)) return this.skip(); // this machine forbids the test's own disk
    assert.notEqual(result.exitCode, 0, result.output);
    assert.match(
      result.output,
      /the sandbox needs 500 MB of disk, but only 2 MB are free here\n +→ make room, or set ALLOY_SANDBOX/,
    );
  });
});
