import assert from "node:assert/strict";

import { readCall, usage, type Flags } from "../../commands/command";
import { UserError } from "../../kit/user-error";

const flags: Flags = { out: { type: "string", value: "FILE" }, yes: { type: "boolean" } };
const read = (...args: string[]) => readCall("render", ["STACK"], flags, args);

describe("how a command is called", () => {
  it("gives its words and flags", () => {
    assert.deepEqual(read("staging", "--out", "a.yaml"), {
      positionals: ["staging"],
      values: { __proto__: null, out: "a.yaml" },
    });
  });

  it("asks for help, whatever else is typed", () => {
    assert.equal(read("--help"), "help");
    assert.equal(read("staging", "-h", "--nonsense"), "help");
  });

  it("names what a flag takes", () => {
    assert.equal(usage("render", ["STACK"], flags), "npm run render -- STACK [--out FILE] [--yes]");
    assert.equal(usage("start", [], {}), "npm run start");
  });

  for (const [args, problem] of [
    [[], /says no STACK/],
    [["staging", "production"], /does not know what to do with production/],
    [["staging", "--loud"], /--loud/],
    [["staging", "--out"], /--out/],
  ] as const)
    it(`refuses ${JSON.stringify(args)} and shows how it is typed`, () => {
      assert.throws(
        () => read(...args),
        (error: unknown) =>
          error instanceof UserError && problem.test(error.message) && error.message.includes("→ type: npm run render"),
      );
    });
});
