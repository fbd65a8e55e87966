import assert from "node:assert/strict";
import * as fs from "node:fs/promises";

import { repoRoot } from "../../../kit/repo-root";
import { findProcess } from "../../../packages/sandbox/process/processes";
import { waitUntil } from "../../../packages/sandbox/process/waiting";
import { lokiPath } from "./gateway";
import { keepOutput } from "./needles";
import { withDescendants } from "./proc";
import { sandbox } from "./sandbox";
import { held, rememberLogin, type Login } from "./vault";

/** `npx alloyctl rotate local` while it runs. */
export class RunningRotation {
  private text = "";
  private constructor(
    private readonly pid: number,
    /** How it ended; undefined where it was killed. */
    readonly ended: Promise<number | undefined>,
  ) {}

  static async start(...args: string[]): Promise<RunningRotation> {
    const { execa } = await import("execa"); // a static import of it fails under tsx
    const child = execa("node", ["commands/alloyctl.js", "rotate", "local", ...args], {
      cwd: repoRoot,
      env: { ALLOY_SANDBOX: sandbox().root },
      reject: false,
      all: true,
      stdin: "ignore",
    });
    assert.ok(child.pid !== undefined, "alloyctl rotate was not started");
    const running: RunningRotation = new RunningRotation(
      child.pid,
      child.then(({ exitCode }) => {
        keepOutput(running.text);
        return exitCode;
      }),
    );
    child.all.on("data", (part: Buffer) => (running.text += part.toString("utf8")));
    return running;
  }

  /** What it has printed so far. */
  get output(): string {
    return this.text;
  }

  /** Waits until it has said something. */
  async said(pattern: RegExp): Promise<void> {
    await waitUntil(`rotate says ${pattern.source}`, () => Promise.resolve(pattern.test(this.text) || this.text), {
      timeoutMs: 120_000,
    });
  }

  /** Waits until no engine works for it any more. */
  async engineIsDone(): Promise<void> {
    await waitUntil(
      "the engine of the rotation has ended",
      async () => {
        const pids = await withDescendants([this.pid]);
        const names = await Promise.all(pids.map((pid) => fs.readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")));
        return !names.some((name) => name.trim() === "pulumi");
      },
      { timeoutMs: 60_000 },
    );
  }

  /** Ends it and all that it has started at once, as a machine that loses its power does. */
  async kill(): Promise<void> {
    for (const pid of await withDescendants([this.pid])) {
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        // It ended between the look and the signal.
        if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
      }
    }
    assert.notEqual(await this.ended, 0, `the rotation was over before it was killed:\n${this.text}`);
  }
}

/** A rotation from its beginning to its end. */
export async function rotate(...args: string[]): Promise<{ exitCode: number | undefined; output: string }> {
  const running = await RunningRotation.start(...args);
  const exitCode = await running.ended;
  return { exitCode, output: running.output };
}

/** The credential that a rotation is about to put in place, searched for from now on. */
export async function nextLogin(): Promise<Login> {
  const next = (await held(`${lokiPath}-next`))?.data;
  assert.ok(next, `Vault has no secret/${lokiPath}-next`);
  rememberLogin(next);
  return next;
}

/** Stops the node agent in the middle of whatever it does: files of Secrets stay as they are while `work` goes on. */
export async function withFrozenKubelet(work: () => Promise<void>): Promise<void> {
  const record = await findProcess("node-agent", sandbox().paths);
  assert.ok(record, "the node agent does not run");
  process.kill(record.pid, "SIGSTOP");
  try {
    await work();
  } finally {
    process.kill(record.pid, "SIGCONT");
  }
}
