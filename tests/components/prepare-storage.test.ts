import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { prepareStorageContainer } from "../../components/pod/prepare-storage";

describe("prepare-storage: the script", () => {
  let folder: string;
  let directory: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "prepare-storage-"));
    directory = path.join(folder, "a directory");
    fs.mkdirSync(path.join(directory, "inner"), { recursive: true });
    fs.writeFileSync(path.join(directory, "inner", "positions.yml"), "");
    fs.mkdirSync(path.join(folder, "bin"));
  });

  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  function tool(name: string, script: string): void {
    fs.writeFileSync(path.join(folder, "bin", name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  /** Runs the script with a chown that only writes down what it was asked, one call a line. */
  function runScript(neededBytes = 1): { status: number | null; output: string; calls: string[] } {
    const calls = path.join(folder, "calls");
    tool("chown", `echo "$@" >> "${calls}"; [ ! -e "${folder}/refuse" ]`);
    const command = prepareStorageContainer("image", directory, neededBytes).command as string[];
    const [shell = "", ...args] = command;
    const env = { PATH: `${path.join(folder, "bin")}:${process.env["PATH"] ?? ""}` };
    const { status, stdout, stderr } = spawnSync(shell, args, { env, encoding: "utf8" });
    const text = fs.existsSync(calls) ? fs.readFileSync(calls, "utf8").trim() : "";
    return { status, output: stdout + stderr, calls: text === "" ? [] : text.split("\n") };
  }

  /** Runs the script's text, changed or with other tools than this machine's. */
  function runText(change: (text: string) => string, PATH: string): { status: number | null; stderr: string } {
    const [shell = "", flag = "", text = "", ...args] = prepareStorageContainer("image", directory, 1)
      .command as string[];
    return spawnSync(shell, [flag, change(text), ...args], { env: { PATH }, encoding: "utf8" });
  }

  it("names the tool that an image without coreutils lacks, and ends with one sentence", () => {
    const { status, stderr } = runText((text) => text, "/nonexistent");
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^this image has no stat: take the ordinary image, .*alloy:wal\.prepare to none.*a directory for 473:473\n$/,
    );
    tool("stat", "exit 0");
    assert.match(runText((text) => text, path.join(folder, "bin")).stderr, /^this image has no find: /);
  });

  it("says how the directory is prepared if it fails on a node with SELinux, and only there", () => {
    tool("chown", "echo chown: Permission denied >&2; exit 1");
    const label = path.join(folder, "label");
    const run = (said: string, PATH = `${path.join(folder, "bin")}:${process.env["PATH"] ?? ""}`) => {
      fs.writeFileSync(label, said);
      return runText((text) => text.replace("/proc/self/attr/current", `"${label}"`), PATH);
    };
    const { status, stderr } = run("system_u:system_r:container_t:s0:c1,c2\0");
    assert.equal(status, 1);
    assert.match(
      stderr,
      /Permission denied\nthe node has SELinux, and this ran as \S+:container_t:s0:c1,c2: .*container_file_t/,
    );
    for (const other of ["cri-containerd.apparmor.d (enforce)\n", "unconfined", ""])
      assert.doesNotMatch(run(other).stderr, /SELinux/, other);
    assert.doesNotMatch(
      runText((text) => text.replace("/proc/self/attr/current", "/nonexistent"), process.env["PATH"] ?? "").stderr,
      /SELinux/,
    );
    tool("chown", "exit 0");
    assert.doesNotMatch(run("system_u:system_r:container_t:s0").stderr, /SELinux/);
  });

  it("gives away the children first and the directory last", () => {
    const { status, calls, output } = runScript();
    assert.equal(status, 0, output);
    assert.equal(calls.at(-1), `473:473 ${directory}`);
    assert.match(calls.at(-2) ?? "", /^-h 473:473 .*positions\.yml .*inner .*a directory$/);
  });

  it("gives away what an Alloy that ran as root has left in a directory that is right", () => {
    tool("stat", '[ "$1" = -f ] && exec /usr/bin/stat "$@"; echo 473:473');
    const { status, calls, output } = runScript();
    assert.equal(status, 0, output);
    assert.match(calls[0] ?? "", /^-h 473:473 .*positions\.yml/);
  });

  it("does nothing where the directory and all below it are right already", () => {
    tool("stat", '[ "$1" = -f ] && exec /usr/bin/stat "$@"; echo 473:473');
    tool("find", "exit 0");
    const { status, calls, output } = runScript();
    assert.deepEqual({ status, calls }, { status: 0, calls: [] });
    assert.match(output, /belongs to 473:473 already/);
  });

  it("refuses a disk that is too small for the promise, in words, before it changes anything", () => {
    const { status, calls, output } = runScript(2 ** 60);
    assert.deepEqual({ status, calls }, { status: 1, calls: [] });
    assert.match(output, /a directory has room for \d+ MiB, and alloy:wal promises what takes 1099511627776 MiB/);
    assert.match(output, /lower alloy:wal\.outageBudget/);
  });

  it("counts what is free, and what lies there already", () => {
    tool("stat", '[ "$1" = -f ] && echo "25 * 4096 / 1024" || echo 473:473');
    tool("du", 'echo "30	$2"');
    assert.equal(runScript(130 * 1024).status, 0);
    assert.equal(runScript(131 * 1024).status, 1);
  });

  it("fails where it may not give the directory away, so that the pod does not start", () => {
    fs.writeFileSync(path.join(folder, "refuse"), "");
    assert.notEqual(runScript().status, 0);
  });
});
