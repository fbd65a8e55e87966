import assert from "node:assert/strict";

import { readCollector } from "../../../packages/sandbox/proof/collector-counts";
import { countLines } from "../../../packages/sandbox/servers/loki";
import { waitUntil } from "../../../packages/sandbox/process/waiting";
import { startWorkload, stopWorkload } from "../../../packages/sandbox/workload/start";
import { readWorkload } from "../../../packages/sandbox/workload/workload-status";
import { sandbox } from "./sandbox";

/** What became of the lines that were written while something else was done. */
export interface Ledger {
  /** Lines of the workload, written and found in Loki. */
  written: number;
  found: number;
  /** Lines that the collectors wrote themselves in that time. */
  own: number;
  /** Lines that Loki has acknowledged to all collectors: one that is sent twice counts twice. */
  sent: number;
  dropped: number;
}

/** Waits until every collector has sent or given up its own pod's lines, and three looks in a row have seen the same counts. */
export async function atRest(): Promise<void> {
  let before = "";
  let same = 0;
  await waitUntil(
    "the collectors are at rest",
    async () => {
      const { pods } = await sandbox().agent();
      const counts = await Promise.all(pods.map(readCollector));
      const behind = counts.filter(({ sent, dropped }, at) => sent + dropped < (pods[at]?.linesLogged ?? 0));
      const now = JSON.stringify([pods.map(({ linesLogged }) => linesLogged), counts.map(({ sent }) => sent)]);
      same = now === before && behind.length === 0 ? same + 1 : 0;
      before = now;
      return same >= 2 || `lines logged and sent: ${now}`;
    },
    { timeoutMs: 120_000, intervalMs: 1_000 },
  );
}

/**
 * Has the workload write without an end while `work` goes on, and waits for what it wrote to be in Loki or counted as
 * given up. What has not come within a minute is the caller's to judge.
 */
export async function writeWhile(
  ratePerSecond: number,
  work: () => Promise<void>,
): Promise<Pick<Ledger, "written" | "found">> {
  const { paths } = sandbox();
  const { loki } = await sandbox().servers();
  await atRest();
  const { dropped } = await counts();
  const startedAt = Date.now();
  await startWorkload({ paths, ratePerSecond });
  try {
    await work();
  } finally {
    await stopWorkload(paths);
  }
  const written = (await readWorkload(paths))?.done ?? 0;
  const find = (): Promise<number> =>
    countLines(loki, "local", '{namespace=~"demo-.+"}', {
      sinceSeconds: Math.ceil((Date.now() - startedAt) / 1000),
    });
  const arrived = async (): Promise<boolean> => (await find()) + (await counts()).dropped - dropped >= written;
  await waitUntil("the lines arrive", arrived, { timeoutMs: 60_000, intervalMs: 500 }).catch(() => undefined); // see above
  await atRest();
  return { written, found: await find() };
}

/** The same, and what the collectors say that they have sent. They must not be replaced meanwhile: counts begin anew. */
export async function underLoad(ratePerSecond: number, work: () => Promise<void>): Promise<Ledger> {
  await atRest();
  const before = await counts();
  const { written, found } = await writeWhile(ratePerSecond, work);
  const after = await counts();
  return {
    written,
    found,
    own: after.own - before.own,
    sent: after.sent - before.sent,
    dropped: after.dropped - before.dropped,
  };
}

/** Each line that was written is in Loki and was sent once; none was given up. */
export function assertNothingLost(ledger: Ledger): void {
  assert.ok(ledger.written > 0, "nothing was written");
  const { written, own } = ledger;
  assert.deepEqual(ledger, { written, found: written, own, sent: written + own, dropped: 0 });
  console.error(`      ${written} written and found, ${own} of the collectors' own, ${written + own} sent, 0 dropped`);
}

async function counts(): Promise<{ own: number; sent: number; dropped: number }> {
  const { pods } = await sandbox().agent();
  const all = await Promise.all(pods.map(readCollector));
  return {
    own: pods.reduce((sum, { linesLogged }) => sum + linesLogged, 0),
    sent: all.reduce((sum, { sent }) => sum + sent, 0),
    dropped: all.reduce((sum, { dropped }) => sum + dropped, 0),
  };
}
