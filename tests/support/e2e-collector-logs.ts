import assert from "node:assert/strict";
import * as fs from "node:fs/promises";

import { waitUntil } from "../../sandbox/waiting";
import { sandbox } from "./e2e-sandbox";

/** What the collectors write to their own logs. */

/** The collectors whose log says that Vault does not let them read. */
export async function deniedIn(): Promise<string[]> {
  const { pods } = await sandbox().agent();
  const logs = await Promise.all(pods.map(async ({ log, node }) => ({ node, text: await fs.readFile(log, "utf8") })));
  return logs.filter(({ text }) => text.includes("permission denied")).map(({ node }) => node);
}

/** How much of its log each collector has written; of those on every node but one, where one is named. */
export async function logSizes(butOn?: string): Promise<Map<string, number>> {
  const pods = (await sandbox().agent()).pods.filter(({ node }) => node !== butOn);
  return new Map(await Promise.all(pods.map(async ({ log }) => [log, (await fs.stat(log)).size] as const)));
}

/**
 * Waits until every collector has said something since, and gives it in the words of the pattern's groups: the same of each.
 * Two minutes, since Alloy tries a read nine times, each time waiting longer.
 */
export async function saidByEach(since: Map<string, number>, pattern: RegExp): Promise<string> {
  let said: (string | undefined)[] = [];
  await waitUntil(
    `every collector has said ${pattern.source}`,
    async () => {
      const texts = await Promise.all(
        [...since].map(async ([log, size]) => (await fs.readFile(log)).subarray(size).toString("utf8")),
      );
      said = texts.map((text) => pattern.exec(text)?.slice(1).join(": ").replaceAll('\\"', '"'));
      return said.every((one) => one !== undefined) || texts.join("\n");
    },
    { timeoutMs: 120_000, intervalMs: 500 },
  );
  assert.equal(new Set(said).size, 1, said.join("; "));
  return `Alloy: ${said[0] ?? ""}`;
}
