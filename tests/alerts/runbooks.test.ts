import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { lokiAlerts } from "../../alerts/loki-rules";
import { alerts } from "../../alerts/table";
import { repoRoot } from "../../kit/repo-root";
import { runbookIndex, runbookIndexFile } from "../../docs/generate/runbooks";

const folder = path.join(repoRoot, "docs", "runbooks");
const names = [...alerts.map(({ name }) => name), ...Object.keys(lokiAlerts)];

const headings = [
  "What is lost, and until when",
  "What `alloyctl status` shows",
  "What the collector's log says",
  "Causes, the likeliest first",
  "What to do",
  "How it ends",
];

describe("the runbooks", () => {
  it("are one for each alert, and none for anything else", () => {
    const pages = fs.readdirSync(folder).filter((file) => file !== "README.md");
    assert.deepEqual(pages.sort(), names.map((name) => `${name}.md`).sort());
  });

  for (const name of names)
    it(`${name} says what is lost, what is seen, what to do and how it ends`, () => {
      const text = fs.readFileSync(path.join(folder, `${name}.md`), "utf8");
      assert.ok(text.startsWith(`# ${name}\n\n`));
      assert.deepEqual(
        [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading),
        headings,
      );
      for (const section of text.split(/^## .+$/m).slice(1)) assert.ok(section.trim().length > 5);
      assert.match(text, /## What to do\n\n- .*`(npx alloyctl|kubectl|count by|loki_process)/);
    });

  it("have an index that is made from the table", async () => {
    assert.equal(fs.readFileSync(path.join(repoRoot, runbookIndexFile), "utf8"), await runbookIndex());
  });
});
