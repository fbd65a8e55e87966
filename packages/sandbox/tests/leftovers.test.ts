import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { writeAtomically, writeJson } from "../../../kit/files";
import { halfFiles, removeHalfFiles } from "../process/unfinished-files";
import { stopSandbox, tidyUp } from "../start/lifecycle";
import { endOrphans, markedProcesses } from "../process/orphans";
import { ownerMarks, ownerVariable, placeVariable, startTimeOf } from "../../../kit/process-marks";
import { keepTarget } from "../own-cluster/chosen-cluster";
import { sandboxPaths, type SandboxPaths } from "../paths";
import { doorFile } from "../../../operations/sandbox-door";
import { endProcess, isRunning, listProcesses, startProcess, type ProcessRecord } from "../process/processes";
import { waitUntil } from "../process/waiting";
import { UserError } from "../../../kit/user-error";

/** A pid that no process has: above the kernel's own limit. */
const nobody = 2 ** 22 + 1;

describe("what a command that was killed leaves behind", () => {
  let paths: SandboxPaths;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    paths = sandboxPaths(await fs.mkdtemp(path.join(os.tmpdir(), "sandbox-leftovers-")));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await stopSandbox(paths);
    await fs.rm(paths.root, { recursive: true, force: true });
  });

  /** A process as a command starts it, with the marks of one that has gone unless others are given. */
  async function orphan(script = "exec sleep 60", marks?: Record<string, string>): Promise<number> {
    const env = { ...process.env, ...(marks ?? { [placeVariable]: paths.root, [ownerVariable]: `${nobody} boot/1` }) };
    const child = spawn("/bin/sh", ["-c", script], { env, stdio: "ignore" });
    children.push(child);
    await once(child, "spawn");
    return child.pid ?? 0;
  }

  const gone = async (pid: number): Promise<boolean> => (await startTimeOf(pid)) === undefined;

  it("is a process that no record names: it is ended, with what it has started", async () => {
    const pid = await orphan("sleep 60 & wait");
    await waitUntil("it has a child", async () => (await markedProcesses(paths.root)).length === 2, {
      timeoutMs: 5_000,
    });
    const text = await tidyUp(paths);
    assert.equal(await gone(pid), true);
    assert.deepEqual(await markedProcesses(paths.root), []);
    assert.match(text.join("\n"), /^ended (sh|sleep|\/bin\/sh), which a command that was killed had started$/m);
  });

  it("is not what belongs to a command that runs, to another sandbox, or to nobody", async () => {
    const mine = await orphan(undefined, await ownerMarks(paths.root));
    const others = await orphan(undefined, { [placeVariable]: `${paths.root}-b`, [ownerVariable]: `${nobody} boot/1` });
    const unmarked = await orphan(undefined, {});
    assert.deepEqual(await endOrphans(paths.root), []);
    for (const pid of [mine, others, unmarked]) assert.equal(await gone(pid), false);
    assert.deepEqual((await endOrphans(paths.root, [mine], true)).length, 0);
    assert.equal((await endOrphans(paths.root, [], true)).length, 1, "an interrupted command ends its own, too");
    assert.equal(await gone(mine), true);
  });

  it("is not a recorded server, nor what such a server has started", async () => {
    const command = { name: "server", command: "/bin/sh", args: ["-c", "sleep 60 & wait"] };
    const record = await startProcess(command, paths);
    await waitUntil("it has a child", async () => (await markedProcesses(paths.root)).length === 2, {
      timeoutMs: 5_000,
    });
    // The command that started it has ended since, as `npm start` does.
    assert.deepEqual(await endOrphans(paths.root, [record.pid], true), []);
    assert.deepEqual(await tidyUp(paths), []);
    assert.equal(await isRunning(record), true);
    await stopSandbox(paths);
    assert.deepEqual(await listProcesses(paths), []);
    await endOrphans(paths.root, [], true);
    assert.deepEqual(await markedProcesses(paths.root), []);
  });

  it("is ended by sandbox:down, too", async () => {
    const pid = await orphan();
    assert.equal((await stopSandbox(paths)).length, 1);
    assert.equal(await gone(pid), true);
  });

  it("is not the door: a sandbox whose servers were killed keeps its stack until sandbox:down", async () => {
    const file = doorFile(paths.root);
    await writeJson(file, { stack: "local", engineFile: "engine.json" });
    const record = await startProcess({ name: "server", command: "/bin/sleep", args: ["60"] }, paths);
    await endProcess(record, 0);
    await tidyUp(paths);
    await stopSandbox(paths, ({ name }) => name === "another");
    await fs.access(file);
    await stopSandbox(paths);
    await assert.rejects(fs.access(file), { code: "ENOENT" });
  });

  it("is the door of a cluster of the user's: its state alone knows what was deployed there", async () => {
    await keepTarget(paths, { context: "kind-kind", vault: undefined });
    await writeJson(doorFile(paths.root), { stack: "local", engineFile: "engine.json" });
    await stopSandbox(paths);
    await fs.access(doorFile(paths.root));
  });

  it("is a half-written file: it goes, the finished one and one that is being written stay", async () => {
    const folder = path.join(paths.data, "vault");
    await writeAtomically(path.join(folder, "keys.json"), "{}");
    const half = [
      path.join(folder, `keys.json.${nobody}.0123abcd.tmp`),
      path.join(paths.root, `pulumi-resource-vault.${nobody}.tmp`),
    ];
    const others = [
      path.join(folder, `keys.json.${process.pid}.0123abcd.tmp`),
      path.join(folder, "00000012.tmp"),
      path.join(folder, "checkpoint.00001.tmp.d"),
    ];
    for (const file of [...half, ...others]) await fs.writeFile(file, "");
    assert.deepEqual((await removeHalfFiles(paths.root)).sort(), half.sort());
    assert.deepEqual(await halfFiles(paths.root), [others[0]]);
    for (const file of others) await fs.access(file);
  });

  it("may be nothing at all", async () => {
    await fs.rm(paths.root, { recursive: true });
    assert.deepEqual(await tidyUp(paths), []);
  });
});

describe("records after a reboot", () => {
  let paths: SandboxPaths;
  beforeEach(async () => {
    paths = sandboxPaths(await fs.mkdtemp(path.join(os.tmpdir(), "sandbox-reboot-")));
  });
  afterEach(() => fs.rm(paths.root, { recursive: true, force: true }));

  it("name no process of this boot, even where pid and start time are the same", async () => {
    const startTime = (await startTimeOf(process.pid)) ?? "";
    assert.match(startTime, /^[0-9a-f-]{36}\/\d+$/, "the boot is not part of it");
    assert.equal(await isRunning({ pid: process.pid, startTime }), true);
    const before = startTime.replace(/^[^/]+/, "00000000-0000-0000-0000-000000000000");
    assert.equal(await isRunning({ pid: process.pid, startTime: before }), false);

    const record: ProcessRecord = {
      name: "loki",
      pid: process.pid,
      startTime: before,
      command: "loki",
      args: [],
      log: path.join(paths.logs, "loki.log"),
      startedAt: "2026-01-01T00:00:00Z",
    };
    await writeJson(path.join(paths.processes, "loki.json"), record);
    assert.deepEqual(await stopSandbox(paths), [], "this very process would have been ended");
    assert.deepEqual(await listProcesses(paths), []);
  });

  it("and pid files of the cluster do not count where another program has the pid", async () => {
    const pids = path.join(paths.data, "cluster", "clusters", "alloy-sandbox", "pids");
    await fs.mkdir(pids, { recursive: true });
    await fs.writeFile(path.join(pids, "etcd.pid"), `${process.pid}`);
    assert.deepEqual(await tidyUp(paths), []);
    assert.deepEqual(await listProcesses(paths), []);
    assert.deepEqual(await stopSandbox(paths), []);
  });
});

describe("a tool that is half there", () => {
  it("is named when it cannot be run, with what to do", async () => {
    const paths = sandboxPaths(await fs.mkdtemp(path.join(os.tmpdir(), "sandbox-half-tool-")));
    try {
      const file = path.join(paths.root, "loki");
      const tool = { name: "loki", command: file, args: [] };
      await assert.rejects(startProcess(tool, paths), (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, /cannot be run as loki \(ENOENT\)\n +→ remove its folder, then start again/);
        return true;
      });
      // What the kernel cannot run is handed to a shell, which cannot either.
      await fs.writeFile(file, "\x7fELF\x02\x01\x01", { mode: 0o755 });
      const record = await startProcess(tool, paths);
      const waiting = waitUntil("Loki is ready", () => Promise.resolve(false), { timeoutMs: 10_000, record });
      await assert.rejects(
        waiting,
        /Loki is ready: the process ended\.[^→]*→ the program is damaged: remove the folder/,
      );
    } finally {
      await fs.rm(paths.root, { recursive: true, force: true });
    }
  });
});
