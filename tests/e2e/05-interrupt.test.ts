import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { markedProcesses } from "../../packages/sandbox/process/orphans";
import { sandboxPaths, type SandboxPaths } from "../../packages/sandbox/paths";
import { isRunning, listProcesses, type ProcessRecord } from "../../packages/sandbox/process/processes";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { npmRun, startArguments } from "./support/command";

describe("npm start, interrupted", () => {
  let paths: SandboxPaths;
  let seen: ProcessRecord[] = [];
  before(async () => (paths = sandboxPaths(await fs.mkdtemp(path.join(os.tmpdir(), "alloy-e2e-interrupt-")))));
  after(() => fs.rm(paths.root, { recursive: true, force: true }));

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`stops what it has started, on ${signal}`, async () => {
      const child = spawn(process.execPath, startArguments, {
        cwd: repoRoot,
        env: { ...process.env, ALLOY_SANDBOX: paths.root },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (text: Buffer) => (output += text.toString()));
      const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
      await waitUntil(
        "three servers run",
        async () => {
          seen = await listProcesses(paths);
          return seen.length >= 3;
        },
        { timeoutMs: 120_000 },
      );
      // The signal comes in the middle of a start, and so does a second start.
      const second = await npmRun("start", [], { env: { ALLOY_SANDBOX: paths.root } });
      assert.notEqual(second.exitCode, 0, second.output);
      assert.match(
        second.output,
        new RegExp(`npm start \\(process ${child.pid}, since .*\\) starts or stops this sandbox`),
      );
      child.kill(signal);
      child.kill(signal); // npm hands the terminal's signal on a second time

      assert.equal(await ended, 128 + os.constants.signals[signal]);
      const [, afterwards] = output.split(`${signal}: stopping what this run has started…`);
      assert.equal(afterwards?.trim(), "", `a stop is reported as a fault: ${afterwards}`);
      const left = await Promise.all(seen.map(async (record) => ((await isRunning(record)) ? [record.name] : [])));
      assert.deepEqual(left.flat(), []);
      assert.deepEqual(await listProcesses(paths), []);
      assert.deepEqual(await markedProcesses(paths.root), [], "a process that no record names runs on");
    });
  }
});
