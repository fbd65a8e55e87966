import * as fs from "node:fs/promises";

import { parseDocument } from "yaml";

import { sandbox } from "./sandbox";

/** Values of the stack's config, each with the keys that lead to it. */
export type ConfigValues = [path: string[], value: unknown][];

/** Writes other values into the sandbox's copy of the stack's config; the answer puts back what was there. */
export async function changeConfig(values: ConfigValues): Promise<() => Promise<void>> {
  const { configFile } = await sandbox().engine();
  const text = await fs.readFile(configFile, "utf8");
  const document = parseDocument(text);
  for (const [keys, value] of values) document.setIn(["config", ...keys], value);
  await fs.writeFile(configFile, document.toString());
  return () => fs.writeFile(configFile, text);
}

/** Runs `work` with other values in the sandbox's copy of the stack's config. */
export async function withConfig(values: ConfigValues, work: () => Promise<unknown>): Promise<void> {
  const putBack = await changeConfig(values);
  try {
    await work();
  } finally {
    await putBack();
  }
}
