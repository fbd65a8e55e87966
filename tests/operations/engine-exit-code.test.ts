import assert from "node:assert/strict";

import { UserError } from "../../kit/user-error";
import { exitCodeOfRun } from "../../operations/engine/exit-code";
import type { EngineResult } from "../../operations/engine/run";
import { planOf } from "../../operations/engine/plan";

const run = (exitCode: number, output: string, ...messages: string[]): EngineResult => ({
  exitCode,
  output,
  plan: { ...planOf([]), diagnostics: messages.map((message) => ({ severity: "error", message, urn: "" })) },
});
const violation = (level: string): EngineResult => ({
  ...run(1, ""),
  plan: { ...planOf([]), violations: [{ policy: "p", level, message: "m", urn: "" }] },
});

describe("what a run of the engine means", () => {
  const both = ["preview", "up"] as const;

  it("is fine if it succeeded, whatever was warned of", () => {
    for (const command of both) assert.equal(exitCodeOfRun(command, { ...violation("mandatory"), exitCode: 0 }), 0);
  });

  it("is a no if a policy that is mandatory has refused; an advisory one has not", () => {
    for (const command of both) assert.equal(exitCodeOfRun(command, violation("mandatory")), 1);
    assert.equal(exitCodeOfRun("preview", violation("advisory")), 2);
  });

  it("is what the program has reported: a no, or that nobody could look", () => {
    const no = UserError.of("Pulumi.a.yaml", "alloy:x", "is wrong", "write y").message;
    const open = UserError.cannotTell("Vault at https://v", "", "is sealed", "unseal it").message;
    for (const command of both) {
      assert.equal(exitCodeOfRun(command, run(1, "", `error: ${no}`)), 1);
      assert.equal(exitCodeOfRun(command, run(1, "", `error: ${open}`)), 2);
      assert.equal(exitCodeOfRun(command, run(1, `    error: ${open}\n`)), 2, "said before there was an event");
    }
  });

  it("is a no for an update that failed, and open for a preview that did, if nothing else is known", () => {
    assert.deepEqual(
      both.map((command) => exitCodeOfRun(command, run(255, "panic"))),
      [2, 1],
    );
  });
});
