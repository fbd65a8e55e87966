import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { remedyFor } from "../process/log-remedies";
import { sandboxPaths, type SandboxPaths } from "../paths";
import { checkPlace, type Machine } from "../start/preflight";
import { startProcess } from "../process/processes";
import { explainSystemError } from "../../../errors/system";
import { waitUntil } from "../process/waiting";
import { UserError } from "../../../kit/user-error";

describe("the place of a sandbox, before anything is started", () => {
  let paths: SandboxPaths;
  beforeEach(async () => {
    paths = sandboxPaths(await fs.mkdtemp(path.join(os.tmpdir(), "sandbox-place-")));
  });
  afterEach(async () => {
    await fs.chmod(paths.root, 0o755);
    await fs.rm(paths.root, { recursive: true, force: true });
  });

  const machine = (changes: Partial<Machine> = {}): Machine => ({
    freeBytes: () => Promise.resolve(1e12),
    now: () => Date.now(),
    ...changes,
  });
  const refused = async (changes: Partial<Machine>, place = paths): Promise<string> => {
    const error: unknown = await checkPlace(place, machine(changes)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof UserError, `expected a UserError, got ${String(error)}`);
    return error.message;
  };

  it("is left as it was where all is well", async () => {
    await checkPlace(paths, machine());
    assert.deepEqual(await fs.readdir(paths.root), []);
  });

  it("is refused where it cannot be written", async function () {
    await fs.writeFile(path.join(paths.root, "file"), "");
    const below = sandboxPaths(path.join(paths.root, "file", "sandbox"));
    assert.match(
      await refused({}, below),
      /file\/sandbox\n +cannot exist: a part of its path is a file\n +→ set ALLOY_SANDBOX/,
    );
    if (process.getuid?.() === 0) return this.skip(); // root writes where it likes
    await fs.chmod(paths.root, 0o555);
    assert.match(await refused({}), /cannot be written or read \(EACCES\)\n +→ set ALLOY_SANDBOX/);
  });

  it("is refused where the disk is too small, with need and free space", async () => {
    const message = await refused({ freeBytes: () => Promise.resolve(40e6) });
    assert.match(
      message,
      /the sandbox needs 500 MB of disk, but only 40 MB are free here\n +→ make room, or set ALLOY_SANDBOX/,
    );
  });

  it("needs less room where the sandbox is there already", async () => {
    await fs.mkdir(paths.data);
    await checkPlace(paths, machine({ freeBytes: () => Promise.resolve(300e6) }));
    assert.match(
      await refused({ freeBytes: () => Promise.resolve(40e6) }),
      /needs 100 MB of disk, but only 40 MB are free/,
    );
  });

  it("is refused where the clock went back behind what the sandbox has seen", async () => {
    await fs.writeFile(paths.state, "{}");
    await checkPlace(paths, machine());
    const message = await refused({ now: () => Date.now() - 3_600_000 });
    assert.match(message, /this machine: clock\n +says 2\d{3}-.*Z, but this sandbox was in use at 2\d{3}-.*Z already/);
    assert.match(message, /→ set this machine's clock \(.*npm run sandbox:down -- --purge/);
  });

  it("is refused where the clock is years behind", async () => {
    assert.match(
      await refused({ now: () => 0 }),
      /says 1970-01-01T00:00:00Z, which is before this program was written/,
    );
  });

  it("is refused with everything that is wrong at once", async () => {
    const message = await refused({ now: () => 0, freeBytes: () => Promise.resolve(0) });
    assert.match(message, /^2 problems; nothing was deployed\./);
  });
});

describe("what the operating system refuses", () => {
  const error = (code: string, file?: string): Error => Object.assign(new Error(code), { code, path: file });
  const env = { ALLOY_SANDBOX: "/s", ALLOY_CACHE: "/c" };

  it("is a report with the folder's own variable", () => {
    assert.match(
      explainSystemError(error("ENOSPC", "/s/data/x"), env)?.message ?? "",
      /\/s\/data\/x\n +the disk that holds it is full\n +→ make room \(.*--purge.*\), or set ALLOY_SANDBOX/,
    );
    assert.match(explainSystemError(error("EACCES", "/c/tools"), env)?.message ?? "", /EACCES\)\n +→ set ALLOY_CACHE/);
    assert.match(explainSystemError(error("EROFS", "/x"), env)?.message ?? "", /→ set ALLOY_SANDBOX and ALLOY_CACHE/);
    assert.match(explainSystemError(error("ENOTDIR", "/s/x"), env)?.message ?? "", /a part of its path is a file/);
    assert.match(explainSystemError(error("EMFILE", "/x"), env)?.message ?? "", /→ raise the limit \(`ulimit -n/);
    assert.match(explainSystemError(error("EAGAIN"), env)?.message ?? "", /no room for another process/);
  });

  it("is nothing else: a bug keeps its stack", () => {
    for (const other of [
      error("ENOENT", "/x"),
      error("EACCES"),
      new TypeError("x"),
      UserError.of("a", "", "b", "c"),
      "text",
    ])
      assert.equal(explainSystemError(other, env), undefined);
  });
});

describe("a server's last words", () => {
  const cases: [words: string, remedy: RegExp][] = [
    ['level=error msg="write /data/wal: no space left on device"', /make room on that disk/],
    ["listen tcp 127.0.0.1:3100: bind: address already in use", /`ss -ltnp` names it/],
    ["accept4: too many open files; retrying", /ulimit -n/],
    ["runtime: out of memory: cannot allocate 4194304-byte block", /about 2 GB of memory/],
    ["tls: failed to verify certificate: x509: certificate has expired or is not yet valid", /clock/],
    ["bwrap: setting up uid map: Permission denied; allow unprivileged user namespaces", /sandbox:doctor/],
    ['walpb: crc mismatch: expected: 1 computed: 2"', /--purge, then npm start/],
    ["something new", /^correct what the log names, then start again$/],
  ];
  for (const [words, remedy] of cases) {
    it(`are understood: ${words.slice(0, 50)}`, () => assert.match(remedyFor(["earlier", words]), remedy));
  }

  it("decide what is said when it does not come up", async () => {
    const paths = sandboxPaths(await fs.mkdtemp(path.join(os.tmpdir(), "sandbox-words-")));
    try {
      const script = "echo 'write /x: no space left on device' >&2; exit 1";
      const record = await startProcess({ name: "loki", command: "/bin/sh", args: ["-c", script] }, paths);
      const waiting = waitUntil("Loki is ready", () => Promise.resolve(false), { timeoutMs: 10_000, record });
      await assert.rejects(
        waiting,
        /the process ended\. Its last lines:\n +write \/x: no space left.*\n +→ make room on that disk/,
      );
    } finally {
      await fs.rm(paths.root, { recursive: true, force: true });
    }
  });
});
