import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { goldenFile, goldenNames, goldenText } from "../../operations/recording/golden";

const howTo = "read what `npm run golden:update` and `git diff tests/golden` show, and commit it if it is meant";

describe("golden files", () => {
  it("are there for every stack of the repository, and for what none has switched on", () => {
    const files = fs.readdirSync(path.join(repoRoot, "tests", "golden")).filter((name) => name.endsWith(".json"));
    assert.deepEqual(files.sort(), goldenNames.map((name) => `${name}.json`).sort(), howTo);
  });

  for (const stack of goldenNames)
    it(`${stack}: the stack declares what its file says`, async () => {
      const file = goldenFile(stack);
      const name = path.relative(repoRoot, file);
      assert.ok(fs.existsSync(file), `${name} is missing: ${howTo}`);
      const [expected, actual] = [fs.readFileSync(file, "utf8").split("\n"), (await goldenText(stack)).split("\n")];
      const at = actual.findIndex((line, index) => line !== expected[index]);
      if (at === -1 && actual.length === expected.length) return;
      const line = at === -1 ? actual.length : at;
      assert.fail(
        `${name}:${line + 1} says\n  ${expected[line] ?? "(nothing more)"}\nand the program declares\n  ${actual[line] ?? "(nothing more)"}\n→ ${howTo}`,
      );
    });

  it("hold no secret", () => {
    for (const stack of goldenNames)
      assert.doesNotMatch(fs.readFileSync(goldenFile(stack), "utf8"), /made-up|bWFkZS11c/);
  });
});
