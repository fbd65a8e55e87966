import * as fs from "node:fs/promises";

import { parseDocument } from "yaml";

import { sandbox } from "./e2e-sandbox";

/** Runs `work` with other values in the sandbox's copy of the stack's config. */
export async function withConfig(values: [path: string[], value: unknown][], work: () => Promise<void>): Promise<void> {
  const { configFile } = await sandbox().engine();
  const text = await fs.readFile(configFile, "utf8");
  const document = parseDocument(text);
  for (const [keys, value] of values) document.setIn(["config", ...keys], value);
  await fs.writeFile(configFile, document.toString());
  try {
    await work();
  } finally {
    await fs.writeFile(configFile, text);
  }
}
