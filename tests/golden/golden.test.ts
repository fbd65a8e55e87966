import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import {
  goldenExamples,
  goldenFile,
  goldenNames,
  goldenText,
  manifestsFile,
  manifestsText,
} from "../../operations/recording/golden";

const howTo = "read what `npm run golden:update` and `git diff` show, and commit it if it is meant";

/** Fails with the first line that differs. */
function assertHolds(file: string, actualText: string): void {
  const name = path.relative(repoRoot, file);
  assert.ok(fs.existsSync(file), `${name} is missing: ${howTo}`);
  const [expected, actual] = [fs.readFileSync(file, "utf8").split("\n"), actualText.split("\n")];
  const at = actual.findIndex((line, index) => line !== expected[index]);
  if (at === -1 && actual.length === expected.length) return;
  const line = at === -1 ? actual.length : at;
  assert.fail(
    `${name}:${line + 1} says\n  ${expected[line] ?? "(nothing more)"}\nand the program declares\n  ${actual[line] ?? "(nothing more)"}\n→ ${howTo}`,
  );
}

describe("golden files", () => {
  it("are there for every stack of the repository, and for what none has switched on", () => {
    const files = fs.readdirSync(path.join(repoRoot, "tests", "golden")).filter((name) => name.endsWith(".json"));
    assert.deepEqual(files.sort(), goldenNames.map((name) => `${name}.json`).sort(), howTo);
  });

  for (const stack of goldenNames)
    it(`${stack}: the stack declares what its file says`, async () => {
      assertHolds(goldenFile(stack), await goldenText(stack));
    });

  it("hold no secret", () => {
    for (const file of [...goldenNames.map(goldenFile), ...goldenExamples.map(manifestsFile)])
      assert.doesNotMatch(fs.readFileSync(file, "utf8"), /made-up|bWFkZS11c/);
  });
});

describe("the examples", () => {
  const folder = path.join(repoRoot, "examples");

  it("are all those folders that have a stack's file and no program, each with a page that says when to use it", () => {
    const folders = fs.readdirSync(folder).filter((name) => {
      const files = fs.statSync(path.join(folder, name)).isDirectory() ? fs.readdirSync(path.join(folder, name)) : [];
      return files.some((file) => /^Pulumi\..+\.yaml$/.test(file)) && !files.includes("Pulumi.yaml");
    });
    assert.deepEqual(folders.sort(), [...goldenExamples].sort());
    const index = fs.readFileSync(path.join(folder, "README.md"), "utf8");
    for (const name of folders) {
      assert.match(fs.readFileSync(path.join(folder, name, "README.md"), "utf8"), /^# .+\n\nUse this if /, name);
      assert.ok(index.includes(`(${name}/README.md)`), `examples/README.md does not name ${name}`);
    }
  });

  for (const example of goldenExamples)
    it(`${example}: its manifests are what render prints`, async () => {
      assertHolds(manifestsFile(example), await manifestsText(example));
    });
});
