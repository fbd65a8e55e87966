import * as fs from "node:fs/promises";

import { parseDocument } from "yaml";

import { sandbox } from "./e2e-sandbox";

/** A value of the sandbox's copy of the stack's config: its path below `config`, and what to write (nothing: remove). */
export type ConfigChange = [path: string[], value: unknown];

/** Writes other values into the sandbox's copy of the stack's config; gives what it was before. */
export async function changeConfig(changes: readonly ConfigChange[]): Promise<string> {
  const { configFile } = await sandbox().engine();
  const text = await fs.readFile(configFile, "utf8");
  const document = parseDocument(text);
  for (const [keys, value] of changes) {
    if (value === undefined) document.deleteIn(["config", ...keys]);
    else document.setIn(["config", ...keys], value);
  }
  await fs.writeFile(configFile, document.toString());
  return text;
}
