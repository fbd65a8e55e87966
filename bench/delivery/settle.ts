import { setTimeout as sleep } from "node:timers/promises";

import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { readCollector } from "../../packages/sandbox/proof/collector-counts";
import { queryRange } from "../../packages/sandbox/servers/loki";
import { readAgentStatus } from "../../packages/sandbox/node-agent/agent-status";
import type { PodSnapshot } from "../../packages/sandbox/node-agent/pod-snapshot";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import type { CounterBook } from "./collectors";
import { headLength, type Ledger } from "./ledger";
import type { Platform } from "./platform";
import type { Source } from "./source";

const longestMs = 240_000;
/** After the last line: what is sent twice comes a moment later. */
const afterLastMs = 2_000;

/**
 * Waits until all lines have arrived, or none has come or been dropped for `quietMs` while every node's collector was ready; gives the time of
 * the last one that came.
 */
export async function settle(
  { paths }: Pick<Platform, "paths">,
  ledger: Ledger,
  book: CounterBook,
  quietMs: number,
): Promise<{ lastArrival: number }> {
  const until = Date.now() + longestMs;
  let arrived = ledger.arrived;
  // A batch that is given up is no silence either: more may wait behind it.
  let dropped = book.dropped;
  let lastArrival = Date.now();
  let quietSince = Date.now();
  while (Date.now() < until && Date.now() - quietSince < quietMs && ledger.arrived < ledger.total) {
    await sleep(250);
    const came = ledger.arrived !== arrived;
    if (came) lastArrival = Date.now();
    if (came || book.dropped !== dropped || !(await allReady(paths))) quietSince = Date.now();
    arrived = ledger.arrived;
    dropped = book.dropped;
  }
  await sleep(afterLastMs);
  return { lastArrival };
}

async function allReady(paths: Platform["paths"]): Promise<boolean> {
  const pods: PodSnapshot[] = (await readAgentStatus(paths))?.pods ?? [];
  return new Set(pods.filter(({ ready }) => ready).map(({ node }) => node)).size === nodeNames.length;
}

/** The lines that Loki gives back, as a ledger with the same lines written. */
export async function readBack(
  { loki }: Pick<Platform, "loki">,
  source: Source,
  ledger: Ledger,
  tenant: string,
): Promise<Ledger> {
  const found = ledger.withNothingTaken();
  for (let container = 0; container < source.containers; container++) {
    const own = `{namespace=~"bench-.+"} |= "id=${String(container).padStart(3, "0")} "`;
    // Only the beginning is needed, and a run of long lines would be too much for one answer.
    const query = `${own} | line_format "{{ __line__ | trunc ${headLength} }}"`;
    const streams = await queryRange({ url: loki.url }, tenant, query, { limit: 100_000 });
    for (const { lines } of streams) for (const { line } of lines) found.take(line);
  }
  return found;
}

/** Waits until each collector's source has all pods of its node. */
export async function targetsSeen({ paths }: Pick<Platform, "paths">, source: Source): Promise<void> {
  await waitUntil(
    "the collectors have seen the pods",
    async () => {
      const pods = ((await readAgentStatus(paths))?.pods ?? []).filter(({ uiUrl }) => uiUrl !== undefined);
      const seen = await Promise.all(pods.map(readCollector));
      const count = seen
        .flatMap(({ targets }) => targets)
        .filter(({ container }) => container.startsWith("bench-")).length;
      return count === source.containers || `${count} of ${source.containers}`;
    },
    { timeoutMs: 60_000, intervalMs: 250 },
  );
  // A target is seen a moment before its log is open. Lines written before that are read all the same.
  await sleep(500);
}
