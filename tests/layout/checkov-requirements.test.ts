import assert from "node:assert/strict";
import * as fs from "node:fs";

import { requirements } from "../checkov/install";

describe("what the scanner is installed from", () => {
  const packages = fs
    .readFileSync(requirements, "utf8")
    .replace(/^#.*$/gm, "")
    .split(/\n(?=\S)/)
    .filter((text) => text.trim() !== "");

  it("names every package by one version and by its hashes", () => {
    assert.ok(packages.length > 50, String(packages.length));
    for (const text of packages) {
      assert.match(text, /^\s*[\w.-]+==[\w.]+( ; .+)? \\\n/, text.slice(0, 80));
      assert.match(text, /--hash=sha256:[0-9a-f]{64}/, text.slice(0, 80));
    }
    assert.equal(packages.filter((text) => /^\s*checkov==/.test(text)).length, 1);
  });
});
