import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { stackFolder, stackPlace } from "../../commands/command-line/stack";
import { repoRoot } from "../../kit/repo-root";
import { UserError } from "../../kit/user-error";
import { shortStackName, stackFile } from "../../settings/parse-settings";
import { readStackFile } from "../../settings/stack-file";

describe("the word STACK", () => {
  for (const [word, short] of [
    ["staging", "staging"],
    ["acme/staging", "staging"],
    ["acme/alloy/staging", "staging"],
    ["eu.west_1-b", "eu.west_1-b"],
  ] as const)
    it(`${word} is handed on whole, and its file is Pulumi.${short}.yaml`, () => {
      assert.equal(stackPlace(word).stack, word);
      assert.equal(shortStackName(word), short);
      assert.equal(stackFile(word), `Pulumi.${short}.yaml`);
    });

  it("with an organisation reads the stack's own file", () => {
    assert.deepEqual(readStackFile("acme/alloy/staging", repoRoot), readStackFile("staging", repoRoot));
    assert.throws(
      () => readStackFile("acme/nowhere", repoRoot),
      /Pulumi\.nowhere\.yaml\n +there is no stack "nowhere"/,
    );
  });

  for (const word of ["a/b/c/d", "a//b", "/a", "a/", "a b", "a\nb", "ä"])
    it(`cannot be ${JSON.stringify(word)}`, () =>
      assert.throws(
        () => stackPlace(word),
        (error: unknown) => error instanceof UserError && error.cannotTell,
      ));
});

describe("the folder of a stack", () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "alloy-folder-")));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it("is the current one if that has the project's Pulumi.yaml", () => {
    fs.copyFileSync(path.join(repoRoot, "Pulumi.yaml"), path.join(folder, "Pulumi.yaml"));
    assert.equal(stackFolder(folder), folder);
    assert.deepEqual(stackPlace("acme/eu", folder), { stack: "acme/eu", folder });
  });

  it("is the checkout otherwise: without a Pulumi.yaml, and with that of another project", () => {
    assert.equal(stackFolder(folder), repoRoot);
    fs.writeFileSync(path.join(folder, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
    assert.equal(stackFolder(folder), repoRoot);
    assert.equal(stackFolder(path.join(repoRoot, "commands")), repoRoot);
    assert.equal(stackFolder(repoRoot), repoRoot);
  });
});
