import * as fs from "node:fs/promises";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { stackSchemaFile, stackSchemaText } from "../../operations/documents/stack-schema";
import { runbookIndex, runbookIndexFile } from "./runbooks";
import { commandsFile, commandsText } from "./commands";
import { settingsPage, settingsPageFile } from "./settings";

/** A committed file that is made from code. */
interface GeneratedFile {
  /** From the repository's folder. */
  file: string;
  text: () => string | Promise<string>;
}

/** What `npm run docs:update` writes; tests hold each file equal to its text. */
export const generatedFiles: readonly GeneratedFile[] = [
  { file: stackSchemaFile, text: stackSchemaText },
  { file: settingsPageFile, text: settingsPage },
  { file: runbookIndexFile, text: runbookIndex },
  { file: path.relative(repoRoot, commandsFile), text: commandsText },
];

/** Writes each file and says which of them changed. */
async function update(): Promise<void> {
  for (const { file, text } of generatedFiles) {
    const place = path.join(repoRoot, file);
    const before = await fs.readFile(place, "utf8").catch(() => "");
    const after = await text();
    if (before !== after) {
      await fs.mkdir(path.dirname(place), { recursive: true });
      await fs.writeFile(place, after);
    }
    console.log(`${file}: ${before === after ? "unchanged" : "updated, read the diff before you commit it"}`);
  }
}

if (require.main === module) void update();
