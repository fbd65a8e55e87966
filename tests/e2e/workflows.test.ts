import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { ensureTools } from "../../packages/sandbox/toolchain/ensure";
import { run, type CommandResult } from "./support/command";
import { steps } from "../support/workflows";

const folder = path.join(repoRoot, ".github", "workflows");

describe("the workflows, read by actionlint and shellcheck", () => {
  let actionlint: string;
  let shellcheck: string;

  before(async () => {
    const tools = await ensureTools(["actionlint", "shellcheck"], (tool, text) => console.error(`${tool}: ${text}`));
    actionlint = tools.actionlint.path;
    shellcheck = tools.shellcheck.path;
  });

  const lint = (files: string[]): Promise<CommandResult> =>
    run(actionlint, ["-no-color", "-oneline", "-shellcheck", shellcheck, "-pyflakes", "", ...files]);

  it("are as GitHub takes them, with shell that shellcheck accepts", async () => {
    const files = (await fs.readdir(folder)).map((name) => path.join(folder, name));
    assert.ok(files.length >= 4);
    const { exitCode, output } = await lint(files);
    assert.equal(output, "");
    assert.equal(exitCode, 0);
  });

  it("share actions whose shell it accepts, too", async () => {
    const place = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-actions-"));
    try {
      const texts = steps.flatMap(([name, { run: text }]) =>
        /\.ya?ml$/.test(name) || text === undefined ? [] : [text],
      );
      assert.ok(texts.length >= 2);
      for (const [at, text] of texts.entries()) await fs.writeFile(path.join(place, `${at}.sh`), text);
      const files = texts.map((_, at) => path.join(place, `${at}.sh`));
      const { exitCode, output } = await run(shellcheck, ["--shell", "bash", ...files]);
      assert.equal(exitCode, 0, output);
    } finally {
      await fs.rm(place, { recursive: true });
    }
  });

  for (const [title, change, expected] of [
    ["a key that is none", (text: string) => text.replace("runs-on:", "run-on:"), /unexpected key "run-on"/],
    [
      "a variable that the shell would split",
      (text: string) => text.replace('drift "$STACK"', "drift $STACK"),
      /SC2086/,
    ],
    [
      "a value that is nowhere",
      (text: string) => text.replace("matrix.stack }}-preview", "matrix.stak }}"),
      /"stak" is not/,
    ],
  ] as const)
    it(`would be refused with ${title}`, async () => {
      const text = await fs.readFile(path.join(folder, "drift.yml"), "utf8");
      const changed = change(text);
      assert.notEqual(changed, text);
      const place = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-workflow-"));
      try {
        const file = path.join(place, "drift.yml");
        await fs.writeFile(file, changed);
        const { exitCode, output } = await lint([file]);
        assert.equal(exitCode, 1, output);
        assert.match(output, expected);
      } finally {
        await fs.rm(place, { recursive: true });
      }
    });
});
