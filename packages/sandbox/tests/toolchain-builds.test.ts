import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { repoRoot } from "../../../kit/repo-root";
import { ownerVariable, placeVariable } from "../../../kit/process-marks";
import { UserError } from "../../../kit/user-error";
import { fakeGo, fakeMachine, type FakeMachine } from "./toolchain-fakes";

describe("toolchain: builds", () => {
  let machine: FakeMachine;
  beforeEach(async () => {
    machine = await fakeMachine();
  });
  afterEach(() => machine.remove());

  it("builds once when two ask at the same time; the second waits and uses the result", async function () {
    this.timeout(20_000);
    await machine.script("go", fakeGo({ seconds: 1 }));
    const [first, second] = await Promise.all([machine.ensure(["actionlint"]), machine.ensure(["actionlint"])]);
    assert.equal((await machine.builds()).length, 1);
    assert.deepEqual([first.actionlint.origin, second.actionlint.origin].sort(), ["built", "cache"]);
    assert.equal(first.actionlint.path, second.actionlint.path);
    assert.match(machine.said.join("\n"), /actionlint: another process is getting it; waiting for that one/);
  });

  it("redoes a build that was killed, takes its lock over and leaves nothing of it", async function () {
    this.timeout(60_000);
    await machine.script("go", fakeGo({ seconds: 20 }));
    const main = path.join(repoRoot, "packages", "sandbox", "toolchain", "main.ts");
    const child = spawn(process.execPath, ["-r", "tsx/cjs", main, "actionlint"], {
      cwd: repoRoot,
      env: machine.env,
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    while ((await machine.builds()).length === 0) await sleep(50);
    child.kill("SIGKILL");
    await ended;
    process.kill(Number(await fs.readFile(path.join(machine.root, "go.pid"), "utf8")));
    assert.deepEqual(await machine.cached("tools"), []);
    assert.equal((await machine.cached("build")).length, 1);

    await machine.script("go", fakeGo());
    const { actionlint } = await machine.ensure(["actionlint"], { lockStaleMs: 2_000 });
    assert.equal(actionlint.origin, "built");
    assert.deepEqual(await machine.cached("tools"), ["actionlint-1.7.12"]);
    assert.deepEqual(await machine.cached("build"), []);
    assert.match(machine.said.join("\n"), /actionlint: removing what an interrupted attempt left behind/);
  });

  it("removes what a killed build of another tool left, but not what a living one works in", async () => {
    const left = path.join(machine.cache, "build", "loki.1-dead");
    const used = path.join(machine.cache, "build", "kwok.1-alive");
    await fs.mkdir(left, { recursive: true });
    await fs.mkdir(used, { recursive: true });
    await fs.mkdir(path.join(machine.cache, "locks", "kwok.lock"), { recursive: true });
    await machine.script("go", fakeGo());
    await machine.ensure(["actionlint"]);
    assert.deepEqual(await machine.cached("build"), ["kwok.1-alive"]);
  });

  it("leaves nothing of a build that fails, and quotes its last lines", async () => {
    await machine.script("go", [...fakeGo().slice(0, 1), 'echo "main.go:5:2: undefined: x"', "exit 1"]);
    await assert.rejects(machine.ensure(["actionlint"]), (error: Error) => {
      assert.ok(!(error instanceof UserError), "a build that fails by itself is a bug of ours");
      assert.match(
        error.message,
        /go failed while getting actionlint 1\.7\.12 \(.*logs\/actionlint\.log\):\nmain\.go:5:2: undefined/,
      );
      return true;
    });
    assert.deepEqual(await machine.cached("build"), []);
    assert.deepEqual(await machine.cached("tools"), []);
  });

  it("does not take a tool that tells another version than the pinned one", async () => {
    await machine.script("go", fakeGo({ says: "v0.0.0" }));
    await assert.rejects(machine.ensure(["actionlint"]), /actionlint: what was made is 0\.0\.0, needed is =1\.7\.12/);
    assert.deepEqual(await machine.cached("tools"), []);
  });

  it("says what to install when neither the tools nor Go are there, for all of them at once", async () => {
    const error = await userError(machine.ensure(["actionlint", "kwok", "kwokctl"]));
    assert.deepEqual(
      error.problems.map((problem) => problem.file),
      [
        "kube-apiserver 1.37.2, kube-controller-manager 1.37.2, kube-scheduler 1.37.2, etcd 3.7.3, kwok 0.8.0 and kwokctl 0.8.0",
        "actionlint 1.7.12",
      ],
    );
    assert.match(error.message, /no working Go is on PATH/);
    assert.match(
      error.message,
      /install Go 1\.\d+ .*, or install actionlint \(>=1\.7\.7 <2\.0\.0\) and put it on PATH/,
    );
  });

  it("refuses a Go that is too old, although another environment would let it download a newer one", async () => {
    const go = await machine.script("go", fakeGo({ version: "1.22.3" }));
    machine.env["GOTOOLCHAIN"] = "auto";
    const error = await userError(machine.ensure(["actionlint"]));
    assert.match(error.message, new RegExp(`takes Go 1\\.2\\d\\.\\d+ or newer, but ${go} is Go 1\\.22\\.3`));
    assert.deepEqual(await machine.builds(), []);
  });

  it("names the disk it needs and what is free before it starts", async () => {
    await machine.script("go", fakeGo());
    const error = await userError(machine.ensure(["alloy"], { freeBytes: () => Promise.resolve(1.2e9) }));
    assert.match(error.message, /needs \d+\.\d GB of disk, but only 1\.2 GB are free here\n.*ALLOY_CACHE/);
    assert.deepEqual(await machine.builds(), []);
  });

  it("says that the cache cannot be written, before it builds", async function () {
    if (process.getuid?.() === 0) return this.skip(); // root writes where it likes; tests/e2e/06-refusals has another case
    await machine.script("go", fakeGo());
    await fs.mkdir(machine.cache, { mode: 0o555 });
    const error = await userError(machine.ensure(["actionlint"]));
    assert.match(error.message, /cache\n +cannot be written or read \(EACCES\)\n +→ set ALLOY_CACHE/);
    assert.deepEqual(await machine.builds(), []);
  });

  it("names the tool and what to install instead when nothing can be downloaded", async () => {
    const message = 'go: example.org/m@v1: Get "https://example.org": dial tcp: lookup example.org: no such host';
    await machine.script("go", [...fakeGo().slice(0, 1), `echo '${message}' >&2`, "exit 1"]);
    const error = await userError(machine.ensure(["actionlint"]));
    assert.match(error.message, /actionlint 1\.7\.12\n +could not be downloaded: .*no such host/);
    assert.match(error.message, /install actionlint \(.*\) and put it on PATH/);
  });

  it("names the clock where a server's certificate is not trusted", async () => {
    const message = 'go: Get "https://example.org": x509: certificate has expired or is not yet valid';
    await machine.script("go", [...fakeGo().slice(0, 1), `echo '${message}' >&2`, "exit 1"]);
    const error = await userError(machine.ensure(["actionlint"]));
    assert.match(
      error.message,
      /could not be downloaded: .*x509.*\n +→ look at this machine's clock .*, or install actionlint/,
    );
  });

  it("says the same of YAML files, wheels and Debian packages", async () => {
    const pip = [
      'if [ "$3" = --version ]; then echo "pip 23"; exit 0; fi',
      'echo "ERROR: NewConnectionError" >&2; exit 1',
    ];
    const apt = ['echo "E: Failed to fetch https://example.org: Could not resolve" >&2; exit 100'];
    const json = '{"Error": "dial tcp: lookup example.org: no such host"}';
    await machine.script("go", [...fakeGo().slice(0, 1), `echo '${json}'`, "exit 1"]);
    await machine.script("python3", pip);
    await machine.script("apt-get", apt);
    await machine.script("dpkg-deb", ["exit 0"]);
    const cases = [
      [
        "kwok-stages",
        /kwok-stages 0\.8\.0\n +could not be downloaded: .*no such host\n.*copy the folder tools\/kwok-stages-/,
      ],
      ["bao", /bao 2\.7\.2\n +could not be downloaded: .*NewConnectionError\n.*install bao \(/],
      ["nginx", /nginx 1\.22\.1\n +could not be downloaded: .*Could not resolve\n.*install nginx \(/],
    ] as const;
    for (const [tool, text] of cases) assert.match((await userError(machine.ensure([tool]))).message, text);
    assert.deepEqual(await machine.cached("build"), []);
  });

  it("ends the compilers that a killed command has left, before it builds anew", async () => {
    await machine.script("go", fakeGo());
    const marks = { [placeVariable]: machine.cache, [ownerVariable]: `${2 ** 22 + 1} boot/1` };
    const compiler = spawn("/bin/sleep", ["60"], { env: marks, stdio: "ignore" });
    const ended = new Promise((resolve) => compiler.once("exit", (_code, signal) => resolve(signal)));
    await machine.ensure(["actionlint"]);
    assert.match(String(await ended), /^SIG(TERM|KILL)$/);
  });

  it("reports a disk that becomes full while it builds", async () => {
    await machine.script("go", [...fakeGo().slice(0, 1), 'echo "write x: no space left on device"', "exit 1"]);
    assert.match(
      (await userError(machine.ensure(["actionlint"]))).message,
      /the disk became full while getting actionlint/,
    );
  });

  it("stops the build when a download beside it fails", async function () {
    this.timeout(20_000);
    await machine.script("go", fakeGo({ seconds: 10 }));
    await machine.script("python3", [
      'if [ "$3" = --version ]; then echo "pip 23"; exit 0; fi',
      'echo "ERROR: Could not connect to the index: no such host" >&2',
      "exit 1",
    ]);
    const error = await userError(machine.ensure(["actionlint", "bao"]));
    assert.match(error.message, /bao 2\.7\.2\n +could not be downloaded/);
    assert.deepEqual(await machine.cached("tools"), []);
    assert.deepEqual(await machine.cached("build"), []);
  });

  it("stops the build and leaves nothing when the caller wants to stop", async function () {
    this.timeout(20_000);
    await machine.script("go", fakeGo({ seconds: 10 }));
    const stop = new AbortController();
    const result = machine.ensure(["actionlint"], { signal: stop.signal });
    while ((await machine.builds()).length === 0) await sleep(20);
    stop.abort();
    await assert.rejects(result, { name: "AbortError" });
    assert.deepEqual(await machine.cached("tools"), []);
    assert.deepEqual(await machine.cached("build"), []);
  });
});

async function userError(result: Promise<unknown>): Promise<UserError> {
  const error: unknown = await result.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof UserError, `expected a UserError, got ${String(error)}`);
  return error;
}
