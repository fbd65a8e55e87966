import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";

import { parseDocument } from "yaml";

import { isFree } from "../../packages/sandbox/process/ports";
import { endProcess, findProcess, isRunning } from "../../packages/sandbox/process/processes";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { executablesOnPath } from "../../packages/sandbox/toolchain/find";
import { copyCheckout } from "./support/checkout";
import { npmRun, type CommandResult } from "./support/command";
import { sandbox } from "./support/sandbox";
import { claimsOf } from "./support/summary";

/** What every refusal has: an exit code, the report of a person's mistake, no stack, and nothing that changed. */
async function assertRefused(work: () => Promise<CommandResult>, ...expected: RegExp[]): Promise<CommandResult> {
  const before = await sandbox().deployed();
  const result = await work();
  assert.notEqual(result.exitCode, 0, result.output);
  for (const text of [/\d+ problems?; (?:nobody could look, and )?nothing was deployed\.$/m, /^ +→ \S/m, ...expected])
    assert.match(result.output, text);
  assert.doesNotMatch(result.output, /^ +at .+:\d+/m, "a stack trace is printed");
  assert.deepEqual(await sandbox().deployed(), before, "something was deployed");
  return result;
}

/** Runs `work` with other values in the sandbox's copy of the stack's config. */
async function withConfig(values: [path: string[], value: unknown][], work: () => Promise<unknown>): Promise<void> {
  const { configFile } = await sandbox().engine();
  const text = await fs.readFile(configFile, "utf8");
  const document = parseDocument(text);
  for (const [keys, value] of values) document.setIn(["config", ...keys], value);
  await fs.writeFile(configFile, document.toString());
  try {
    await work();
  } finally {
    await fs.writeFile(configFile, text);
  }
}

/** Ends one of the sandbox's servers the hard way, as a crash would: its record stays. */
async function crash(name: string): Promise<void> {
  const record = await findProcess(name, sandbox().paths);
  assert.ok(record && (await isRunning(record)), `${name} does not run`);
  await endProcess(record, 0);
}

describe("a mistake", () => {
  it("stack that does not exist", () =>
    assertRefused(
      () => sandbox().npm("preview", ["prodution"]),
      /Pulumi\.prodution\.yaml\n +there is no stack "prodution"/,
      /→ use one of local, production, staging/,
    ));

  it("unknown key: before an engine is started", async () => {
    const copy = await copyCheckout();
    try {
      await copy.edit("Pulumi.local.yaml", (text) => `${text}  alloy:lokiTennant: other\n`);
      await assertRefused(
        () => sandbox().npm("up", ["local", "--yes"], { cwd: copy.folder }),
        /Pulumi\.local\.yaml: alloy:lokiTennant\n/,
        /→ did you mean lokiTenant\?/,
      );
    } finally {
      await copy.remove();
    }
  });

  it("unknown key: by the program, for who types pulumi", () =>
    withConfig([[["alloy:lokiTennant"], "other"]], () =>
      assertRefused(
        () => sandbox().shell("pulumi preview --non-interactive"),
        /Pulumi\.local\.yaml: alloy:lokiTennant\n/,
        /→ did you mean lokiTenant\?/,
      ),
    ));

  it("path that is not in Vault", () =>
    withConfig(
      [
        [["alloy:vault", "path"], "detectviz/nowhere/alloy"],
        [["alloy:credentials", "seed"], false],
      ],
      () =>
        assertRefused(
          () => sandbox().npm("preview", ["local"]),
          /Pulumi\.local\.yaml: alloy:vault\.path\n +Vault at http:\/\/127\.0\.0\.1:\d+ holds no secret at secret\/detectviz\/nowhere\/alloy\/loki\n/,
          /→ name the folder that has it \(its engine is alloy:vault\.mount\), or write it once \(vault kv put -mount=secret detectviz\/nowhere\/alloy\/loki /,
        ),
    ));

  it("neither Go nor the tools on PATH", async () => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-no-go-"));
    try {
      const bin = path.join(folder, "bin");
      await fs.mkdir(bin);
      for (const name of ["node", "npm", "sh", "env"]) {
        const [file] = await executablesOnPath(name, process.env);
        assert.ok(file, `${name} is not on PATH`);
        await fs.symlink(await fs.realpath(file), path.join(bin, name));
      }
      const root = path.join(folder, "sandbox");
      // Where releases can be downloaded, neither is needed.
      const places = { ALLOY_CACHE: path.join(folder, "cache"), ALLOY_SANDBOX: root, ALLOY_DOWNLOADS: "off" };
      const env = { PATH: bin, HOME: folder, ...places };
      await assertRefused(
        () => npmRun("start", [], { env, extendEnv: false }),
        /kube-apiserver [^\n]*\n +not on PATH in an accepted version and not in the cache; [^\n]*no working Go is on PATH/,
        /→ install Go 1\.\d+ [^\n]*, or install kube-apiserver [^\n]*, etcd \([^)]+\)[^\n]* and put them on PATH/,
      );
      assert.equal(await fs.stat(path.join(root, "processes")).catch(() => "none"), "none", "something was started");
    } finally {
      await fs.rm(folder, { recursive: true, force: true });
    }
  });
});

/**
 * Starts after the API server was away. Every log stream is opened anew then, and Alloy may send the last line of a
 * container a second time (docs/losses.md): such a start says so, and the next one has to hold without it.
 */
async function startAgain(): Promise<CommandResult> {
  const first = await sandbox().npm("start");
  const counts = /FAILED: every line was sent once \((\d+) written, (\d+) sent by/.exec(first.output);
  const again = counts === null ? 0 : Number(counts[2]) - Number(counts[1]);
  const failed = claimsOf(first.output).filter(({ holds }) => !holds);
  // Thirteen containers are collected: a line of each at most.
  return failed.length === 1 && again >= 1 && again <= 13 ? sandbox().npm("start") : first;
}

describe("a server that is away", () => {
  it("Vault", async () => {
    await crash("vault");
    const { exitCode } = await assertRefused(
      () => sandbox().npm("preview", ["local"]),
      /Pulumi\.local\.yaml: alloy:vault\.address\n +Vault at http:\/\/127\.0\.0\.1:\d+ cannot be reached/,
    );
    assert.equal(exitCode, 2, "a Vault that is away says nothing of the stack");
  });

  it("a port that somebody else has taken meanwhile", async () => {
    const record = await findProcess("prometheus", sandbox().paths);
    const port = Number(/:(\d+)/.exec(record?.args.find((arg) => arg.startsWith("--web.listen-address=")) ?? "")?.[1]);
    await crash("prometheus");
    // The kernel takes a moment to close the sockets of a process that was killed.
    await waitUntil(`port ${port} is free`, () => isFree(port), { timeoutMs: 10_000 });
    const other = net.createServer((socket) => socket.destroy()); // the collectors send their metrics there
    await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
    try {
      await assertRefused(
        () => sandbox().npm("start"),
        new RegExp(`ports\\.json: prometheus\\n +port ${port} is taken by process ${process.pid} `),
        /→ end that process, or delete "prometheus" from ports\.json/,
      );
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  it("the API server", async () => {
    const before = await sandbox().deployed();
    await crash("cluster-kube-apiserver");
    const result = await sandbox().npm("preview", ["local"]);
    assert.equal(result.exitCode, 2, result.output);
    assert.match(result.output, /nothing was deployed\.\n +Pulumi\.local\.yaml: alloy:kubernetes\.context\n/);
    assert.match(result.output, /the API server of context alloy-sandbox cannot be reached \([^)]*refused/);
    assert.match(result.output, /→ check whether `kubectl --context alloy-sandbox version` answers/);
    assert.doesNotMatch(result.output, /^ +at .+:\d+/m, "a stack trace is printed");

    const status = await sandbox().npm("sandbox:status");
    assert.equal(status.exitCode, 1, status.output);
    assert.match(status.output, /cluster-kube-apiserver: ENDED/);

    // All that was ended above is started again, and finds everything as it was.
    const start = await startAgain();
    assert.equal(start.exitCode, 0, start.output);
    assert.ok(claimsOf(start.output).every(({ holds }) => holds));
    // What the collectors were refused while the API server began is over in half a minute.
    const well = async (): Promise<boolean | string> => {
      const { exitCode, output } = await sandbox().npm("sandbox:status");
      return exitCode === 0 || output;
    };
    await waitUntil("the sandbox is well again", well, { timeoutMs: 60_000, intervalMs: 2_000 });
    const after = await sandbox().deployed();
    assert.deepEqual(Object.keys(after), Object.keys(before));
    for (const [kind, was] of Object.entries(before))
      assert.equal(after[kind]?.split(" ")[0], was.split(" ")[0], `${kind} was replaced`);
  });
});
