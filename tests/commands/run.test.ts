import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import * as os from "node:os";
import * as path from "node:path";

import { failureOf } from "../../commands/command-line/report-error";
import { sandboxVerbs } from "../../packages/sandbox/commands/main";
import { explainNetworkError } from "../../errors/network";
import { repoRoot } from "../../kit/repo-root";
import { UserError } from "../../kit/user-error";

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a verb whose `run` is this text, in a process of its own. */
function runText(run: string, ...words: string[]): Promise<Ended> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-verb-"));
  const file = path.join(folder, "verb.ts");
  const from = (name: string): string => JSON.stringify(path.join(repoRoot, name));
  fs.writeFileSync(
    file,
    `import { runVerb } from ${from("commands/command-line/run")};
import { UserError } from ${from("kit/user-error")};
const data = { name: "try", summary: "", description: [], arguments: {}, flags: {}, json: "it", examples: [], exitCodes: { 0: "", 1: "" } };
void UserError;
void runVerb({ ...data, run: async (call) => { ${run} } }, process.argv.slice(2));
`,
  );
  return new Promise((resolve) =>
    execFile(process.execPath, ["--require", "tsx/cjs", file, ...words], { cwd: repoRoot }, (error, stdout, stderr) => {
      fs.rmSync(folder, { recursive: true });
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    }),
  );
}

describe("how a verb ends", () => {
  it("prints its answer, and ends with its code", async () => {
    const fine = await runText(`return { text: "all is well", json: { a: 1 } };`);
    assert.deepEqual(fine, { code: 0, stdout: "all is well\n", stderr: "" });
    const differs = await runText(`return { exitCode: 1, text: "no", json: [1] };`, "--json");
    assert.deepEqual([differs.code, JSON.parse(differs.stdout)], [1, [1]]);
    assert.deepEqual(await runText(`return {};`), { code: 0, stdout: "", stderr: "" });
  });

  it("reports a person's mistake without a stack: 1 if something is refused, 2 if nobody could find out", async () => {
    const refused = await runText(`throw UserError.of("a.yaml", "k", "is wrong", "write b");`);
    assert.equal(refused.code, 1);
    assert.equal(refused.stderr, "1 problem; nothing was deployed.\n  a.yaml: k\n    is wrong\n    → write b\n");
    assert.equal(refused.stdout, "");
    const unknown = await runText(`throw UserError.cannotTell("Vault", "", "is away", "start it");`);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /^1 problem; nobody could look, and nothing was deployed\.\n/);
    const call = await runText(`return {};`, "--jsn");
    assert.equal(call.code, 2);
    assert.match(call.stderr, /did you mean --json\?/);
  });

  it("is JSON for a script, also if it fails", async () => {
    const refused = await runText(`throw UserError.of("a.yaml", "k", "is wrong", "write b");`, "--json");
    assert.equal(refused.code, 1);
    assert.deepEqual(JSON.parse(refused.stdout), {
      problems: [{ file: "a.yaml", key: "k", problem: "is wrong", remedy: "write b" }],
      consequence: "nothing was deployed",
    });
    assert.match(refused.stderr, /is wrong/);
  });

  for (const [where, run] of [
    ["in the verb", `throw new TypeError("x is not a function");`],
    [
      "in a promise that nobody waits for",
      `void Promise.reject(new TypeError("x is not a function")); await new Promise(() => setTimeout(() => {}, 5000));`,
    ],
    [
      "in a callback",
      `setTimeout(() => { throw new TypeError("x is not a function"); }); await new Promise(() => setTimeout(() => {}, 5000));`,
    ],
  ] as const)
    it(`reports a mistake of the program ${where} as one, with its stack to be filed`, async () => {
      const { code, stderr } = await runText(run);
      assert.equal(code, 2);
      assert.match(stderr, /^npx alloyctl try met a mistake in this program, not of yours: x is not a function\n/);
      assert.match(stderr, /^Please report it.*\n {2}TypeError: x is not a function\n {6}at /m);
      assert.equal(stderr.match(/not of yours/g)?.length, 1);
    });

  for (const [where, run] of [
    ["in the verb", `throw error;`],
    [
      "in a promise that nobody waits for",
      `void Promise.reject(error); await new Promise(() => setTimeout(() => {}, 5000));`,
    ],
  ] as const)
    it(`reports what the system refuses ${where} without a stack`, async () => {
      const { code, stderr } = await runText(
        `const error = Object.assign(new Error("x"), { code: "ENOSPC", path: "/a" }); ${run}`,
      );
      assert.notEqual(code, 0);
      assert.match(stderr, /the disk that holds it is full/);
      assert.doesNotMatch(stderr, /^ +at /m);
    });

  it("is quiet if whoever reads has seen enough", async () => {
    const { stderr } = await runText(
      `process.stdout.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" })); return {};`,
    );
    assert.equal(stderr, "");
  });
});

describe("an error that a command did not expect", () => {
  const none = (): undefined => undefined;
  const [verb] = sandboxVerbs().filter(({ name }) => name === "down");
  assert.ok(verb);

  it("is a mistake of the program, whatever was thrown", () => {
    for (const thrown of [new Error("boom"), "boom"]) {
      const { exitCode, report } = failureOf(thrown, verb, none);
      assert.equal(exitCode, 2);
      assert.match(report, /mistake in this program, not of yours: boom/);
    }
  });

  it("is a no as soon as one problem is a no: the rest does not make it unknown", () => {
    const no = { file: "a", key: "", problem: "b", remedy: "c" };
    const open = { ...no, cannotTell: true as const };
    const codeOf = (...problems: (typeof no)[]): number => failureOf(new UserError(problems), verb, none).exitCode;
    assert.deepEqual([codeOf(no), codeOf(open), codeOf(open, no), codeOf(no, open)], [1, 2, 1, 1]);
    const { exitCode } = failureOf(new UserError([no]), { ...verb, errorsAreNoAnswer: true }, none);
    assert.equal(exitCode, 2, "npm start that cannot start has proven nothing");
  });

  it("is a server that cannot be reached, if it is one: also inside of fetch and of several addresses", async () => {
    const server = http.createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const refused = await fetch(`http://127.0.0.1:${port}`).then(none, (error: unknown) => error);
    const told = explainNetworkError(refused);
    assert.match(
      told?.message ?? "",
      new RegExp(`127\\.0\\.0\\.1:${port}\\n +cannot be reached: nothing listens there`),
    );
    assert.equal(told?.cannotTell, true);
    const nobody = Object.assign(new Error("x"), { code: "ENOTFOUND", hostname: "vault.example" });
    assert.match(
      explainNetworkError(new AggregateError([nobody]))?.message ?? "",
      /vault\.example\n +cannot be reached/,
    );
    for (const other of [new Error("x"), "x", Object.assign(new Error("x"), { code: "ENOENT" }), undefined])
      assert.equal(explainNetworkError(other), undefined);
  });
});
