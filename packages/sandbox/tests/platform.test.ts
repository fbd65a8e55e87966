import assert from "node:assert/strict";

import { platformProblem } from "../start/platform";

describe("machines that a sandbox can be on", () => {
  it("are those with Linux, on two kinds of processors", () => {
    assert.equal(platformProblem("linux", "x64"), undefined);
    assert.equal(platformProblem("linux", "arm64"), undefined);
    assert.match(platformProblem("linux", "riscv64")?.problem ?? "", /^is linux on riscv64/);
  });

  it("on macOS it says at once what works there, and what does not", () => {
    const { problem = "", remedy = "" } = platformProblem("darwin", "arm64") ?? {};
    assert.match(problem, /^is macOS on arm64; the sandbox \(npm start.*\) takes Linux/);
    assert.match(remedy, /a cluster of your own, kind for example, .* pulumi up .*; or use Linux in a virtual machine/);
  });
});
