import assert from "node:assert/strict";

import { readCollector } from "../../sandbox/collector-metrics";
import { countLines } from "../../sandbox/loki";
import { waitUntil } from "../../sandbox/waiting";
import { startWorkload, waitForWorkload } from "../../sandbox/workload/start";
import { sandbox } from "./e2e-sandbox";

/**
 * Has the workload write lines, does something meanwhile, and asserts that all of them arrive, that no collector has
 * dropped one, and that each collector is the process that it was.
 */
export async function noLineIsLost(
  lines: number,
  ratePerSecond: number,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const { loki } = await sandbox().servers();
  const found = (): Promise<number> => countLines(loki, "local", '{namespace=~"demo-.+"}');
  const pids = async (): Promise<string[]> =>
    (await sandbox().agent()).pods.map(({ name, pid, startTime }) => `${name} ${pid} ${startTime}`).sort();
  const dropped = async (): Promise<number> => {
    const counts = await Promise.all((await sandbox().agent()).pods.map(readCollector));
    return counts.reduce((sum, count) => sum + count.dropped, 0);
  };
  const before = { found: await found(), pids: await pids(), dropped: await dropped() };
  await startWorkload({ paths: sandbox().paths, lines, ratePerSecond });
  await meanwhile();
  await waitForWorkload(sandbox().paths, 180_000);
  await waitUntil(
    "the lines arrive",
    async () => (await found()) - before.found === lines || `${(await found()) - before.found} of ${lines}`,
    { timeoutMs: 90_000, intervalMs: 500 },
  );
  assert.equal(await dropped(), before.dropped, "lines were dropped");
  assert.deepEqual(await pids(), before.pids, "a collector was restarted");
}
