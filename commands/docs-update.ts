import * as fs from "node:fs";
import * as path from "node:path";

import { repoRoot } from "../kit/repo-root";
import { generatedFiles } from "../operations/documents/generated-files";
import { runCommand } from "./command";

/** `npm run docs:update`: writes every file that is made from code, to be read and committed with the change. */
runCommand("docs:update", [], async () => {
  for (const { file, text } of generatedFiles) {
    const place = path.join(repoRoot, file);
    const [before, after] = [fs.existsSync(place) ? fs.readFileSync(place, "utf8") : "", await text()];
    if (before !== after) {
      fs.mkdirSync(path.dirname(place), { recursive: true });
      fs.writeFileSync(place, after);
    }
    console.log(`${file}: ${before === after ? "unchanged" : "updated, read the diff before you commit it"}`);
  }
});
