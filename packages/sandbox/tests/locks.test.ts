import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../../../kit/repo-root";
import { lockHolder, tryLock, waitForLock } from "../process/kernel-lock";
import { withSandboxLock } from "../start/lifecycle";
import { sandboxPaths } from "../paths";
import { keepTarget } from "../own-cluster/chosen-cluster";
import { UserError } from "../../../kit/user-error";

describe("locks of the sandbox", () => {
  let root = "";
  beforeEach(async () => (root = await fs.mkdtemp(path.join(os.tmpdir(), "sandbox-locks-"))));
  afterEach(() => fs.rm(root, { recursive: true, force: true }));

  it("are given to one at a time, and the holder says who it is", async () => {
    const release = await tryLock(root, "npm start");
    assert.ok(release);
    assert.equal(await tryLock(root, "npm start"), undefined);
    const holder = await lockHolder(root);
    assert.deepEqual([holder?.pid, holder?.command], [process.pid, "npm start"]);
    await release();
    assert.equal(await lockHolder(root), undefined);
    await (
      await waitForLock(root, "again", 0)
    )();
  });

  it("are waited for, and given up with the holder's pid", async () => {
    const release = await tryLock(root, "first");
    await assert.rejects(
      waitForLock(root, "second", 50),
      new RegExp(`is locked since 0\\.05 s, by process ${process.pid}$`),
    );
    const second = waitForLock(root, "second", 5_000);
    await release?.();
    await (
      await second
    )();
  });

  it("are free at once when their holder was killed", async () => {
    const source = `require("./packages/sandbox/process/kernel-lock").tryLock(${JSON.stringify(root)}, "x").then(() => console.log("held")); setInterval(() => 0, 1000)`;
    const child = spawn(process.execPath, ["-r", "tsx/cjs", "-e", source], {
      cwd: repoRoot,
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    assert.equal(await tryLock(root, "test"), undefined);
    child.kill("SIGKILL");
    await once(child, "exit");
    const release = await tryLock(root, "test");
    assert.ok(release, "the lock of a process that was killed is not free");
    await release();
  });

  it("tell the second start who is at work, and what to do", async () => {
    const paths = sandboxPaths(root);
    await withSandboxLock(paths, "npm start", async () => {
      // The same folder by another name.
      const link = `${root}-link`;
      await fs.symlink(root, link);
      const second = withSandboxLock(sandboxPaths(link), "npm start", () => Promise.resolve("started"));
      await assert.rejects(second, (error) => {
        assert.ok(error instanceof UserError);
        assert.match(
          error.message,
          new RegExp(`npm start \\(process ${process.pid}, since .*\\) starts or stops this sandbox`),
        );
        assert.match(
          error.message,
          new RegExp(`→ wait until it is done, or end it \\(kill ${process.pid}\\); .*ALLOY_SANDBOX=`),
        );
        return true;
      });
      await fs.rm(link);
      const other = sandboxPaths(path.join(root, "another"));
      assert.equal(await withSandboxLock(other, "npm start", () => Promise.resolve("started")), "started");
    });
    assert.equal(await withSandboxLock(paths, "npm start", () => Promise.resolve("started")), "started");
  });

  it("are given back when the work fails", async () => {
    const paths = sandboxPaths(root);
    await assert.rejects(
      withSandboxLock(paths, "a", () => Promise.reject(new Error("broken"))),
      /broken/,
    );
    assert.equal(await withSandboxLock(paths, "b", () => Promise.resolve(1)), 1);
  });

  it("say where a folder cannot be made", async () => {
    await fs.writeFile(path.join(root, "file"), "");
    const below = withSandboxLock(sandboxPaths(path.join(root, "file", "sandbox")), "npm start", () =>
      Promise.resolve(),
    );
    await assert.rejects(below, /file\/sandbox\n +cannot be made \(ENOTDIR.*\)\n +→ set ALLOY_SANDBOX/);
  });
});

describe("the cluster that a sandbox works with", () => {
  const own = { context: undefined, vault: undefined };
  const kind = { context: "kind-kind", vault: "http://127.0.0.1:8200" };
  let root = "";
  beforeEach(async () => (root = await fs.mkdtemp(path.join(os.tmpdir(), "sandbox-target-"))));
  afterEach(() => fs.rm(root, { recursive: true, force: true }));

  it("is kept, and named when another one is asked for", async () => {
    const paths = sandboxPaths(root);
    await keepTarget(paths, own);
    await keepTarget(paths, own);
    await assert.rejects(keepTarget(paths, kind), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        /was started with its own cluster and Vault, and not with context kind-kind and Vault at/,
      );
      assert.match(
        error.message,
        /→ start it as before \(npm start\), or .*ALLOY_SANDBOX=FOLDER npm start -- --context kind-kind --vault /,
      );
      return true;
    });
  });

  it("is kept the other way round too", async () => {
    const paths = sandboxPaths(root);
    await keepTarget(paths, kind);
    await assert.rejects(keepTarget(paths, own), /start it as before \(npm start -- --context kind-kind --vault http:/);
    await assert.rejects(
      keepTarget(paths, { ...kind, vault: undefined }),
      /and not with context kind-kind and its own Vault/,
    );
  });
});
