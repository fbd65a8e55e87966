import assert from "node:assert/strict";
import * as fs from "node:fs/promises";

import { waitUntil } from "../../../packages/sandbox/process/waiting";
import { sandbox } from "./sandbox";

/** What the collectors write to their own logs. */

/**
 * The collectors that have said since, that Vault does not let them read: `node: line`. Of one that began in the meantime
 * everything it has said.
 */
export async function deniedIn(since: ReadonlyMap<string, number>): Promise<string[]> {
  const { pods } = await sandbox().agent();
  const denied = pods.map(async ({ log, node }) => {
    const text = (await fs.readFile(log)).subarray(since.get(log) ?? 0).toString("utf8");
    const line = text.split("\n").find((one) => one.includes("Code: 403") && one.includes("permission denied"));
    return line === undefined ? [] : [`${node}: ${line}`];
  });
  return (await Promise.all(denied)).flat();
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
