import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { sandboxPaths, type SandboxPaths } from "../paths";
import { startTimeFromStat } from "../../../kit/process-marks";
import {
  endProcess,
  findProcess,
  isRunning,
  lastLines,
  listProcesses,
  startProcess,
  stopProcess,
} from "../process/processes";
import { waitUntil } from "../process/waiting";
import { UserError } from "../../../kit/user-error";

describe("processes of the sandbox", () => {
  let paths: SandboxPaths;

  beforeEach(async () => {
    paths = sandboxPaths(await fs.mkdtemp(path.join(os.tmpdir(), "sandbox-processes-")));
  });

  afterEach(async () => {
    for (const record of await listProcesses(paths)) await stopProcess(record, { graceMs: 0 }, paths);
    await fs.rm(paths.root, { recursive: true });
  });

  const shell = (name: string, script: string) => ({ name, command: "/bin/sh", args: ["-c", script] });

  it("records what it starts, finds it again and stops it", async () => {
    const record = await startProcess(shell("sleeper", "exec sleep 60"), paths);
    assert.deepEqual(await findProcess("sleeper", paths), record);
    assert.equal(await isRunning(record), true);
    await stopProcess(record, { graceMs: 5000 }, paths);
    assert.equal(await isRunning(record), false);
    assert.deepEqual(await listProcesses(paths), []);
  });

  it("refuses a second process of the same name while the first runs", async () => {
    await startProcess(shell("one", "exec sleep 60"), paths);
    await assert.rejects(startProcess(shell("one", "exec sleep 60"), paths), /one is running already/);
  });

  it("kills a process that does not heed SIGTERM", async () => {
    const record = await startProcess(shell("stubborn", 'trap "" TERM; echo up; while :; do sleep 0.1; done'), paths);
    await waitUntil("it is up", async () => (await lastLines(record)).includes("up"), { timeoutMs: 5000, record });
    await stopProcess(record, { graceMs: 200 }, paths);
    assert.equal(await isRunning(record), false);
  });

  it("never signals another process that has the recorded pid", async () => {
    const record = await startProcess(shell("innocent", "exec sleep 60"), paths);
    await endProcess({ pid: record.pid, startTime: "1" }, 0);
    assert.equal(await isRunning(record), true);
  });

  it("fails at once with the log's end when the process it waits for has ended", async () => {
    const record = await startProcess(shell("failing", "echo first; echo the reason >&2; exit 3"), paths);
    const begin = Date.now();
    await assert.rejects(
      waitUntil("it serves", () => Promise.resolve("not yet"), { timeoutMs: 30_000, record }),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.equal(error.problems[0]?.file, record.log);
        assert.match(error.message, /first\n\s+the reason/);
        return true;
      },
    );
    assert.ok(Date.now() - begin < 10_000);
  });

  it("quotes what is missing, or the last error, when time is up", async () => {
    const missing = waitUntil("nodes", () => Promise.resolve("node-2 not Ready"), { timeoutMs: 50 });
    await assert.rejects(missing, /nodes: not within 0 s \(node-2 not Ready\)/);
    const broken = waitUntil(
      "server",
      () => Promise.reject(new Error("fetch failed", { cause: new Error("refused") })),
      {
        timeoutMs: 50,
      },
    );
    await assert.rejects(broken, /fetch failed: refused/);
  });

  it("keeps the log of the life before", async () => {
    const first = await startProcess(shell("logger", "echo first life"), paths);
    await waitUntil("it has ended", async () => !(await isRunning(first)), { timeoutMs: 5000 });
    const second = await startProcess(shell("logger", "echo second life"), paths);
    await waitUntil("it has ended", async () => !(await isRunning(second)), { timeoutMs: 5000 });
    assert.deepEqual(await lastLines(second), ["second life"]);
    const previous = await fs.readFile(path.join(paths.logs, "logger.previous.log"), "utf8");
    assert.equal(previous, "first life\n");
  });

  it("reads the start time behind a command with brackets and blanks, and none of a zombie", () => {
    const fields = Array.from({ length: 49 }, (_unused, index) => String(index + 4));
    const stat = (state: string, threads: number): string =>
      `12 (a) b (c) ${state} ${fields.map((value) => (value === "20" ? String(threads) : value)).join(" ")}`;
    assert.equal(startTimeFromStat(stat("S", 1)), "22");
    assert.equal(startTimeFromStat(stat("Z", 1)), undefined);
    assert.equal(startTimeFromStat(stat("X", 0)), undefined);
  });

  it("counts a process as running whose first thread has ended before the others, which hold its files", () => {
    assert.equal(startTimeFromStat("12 (etcd) Z 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 9 0 777 0 0"), "777");
  });
});
