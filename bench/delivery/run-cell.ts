import { setTimeout as sleep } from "node:timers/promises";

import { nodeNames } from "../../sandbox/cluster-nodes";
import { readCollector } from "../../sandbox/collector-metrics";
import { queryRange } from "../../sandbox/loki";
import { readAgentStatus } from "../../sandbox/node-agent/agent-status";
import { PushGate } from "../../sandbox/push-gate";
import { waitUntil } from "../../sandbox/waiting";
import type { Cell, Step } from "./cells";
import {
  applyAll,
  CounterBook,
  deploymentFor,
  reboot,
  removeCollectors,
  rollOut,
  signalCollectors,
  type Deployment,
} from "./collectors";
import { Ledger } from "./ledger";
import { collectorsUp, limitDisk, restartApiServer, walBytes, writeLimits, type Platform } from "./platform";
import type { RunResult } from "./result";
import { Source } from "./source";

const ownNamespace = "bench-a";
const otherNamespace = "bench-b";
const linesPerSecond = 1_000;

/** What a run of a cell works with. */
interface Run {
  platform: Platform;
  cell: Cell;
  gate: PushGate;
  source: Source;
  ledger: Ledger;
  deployment: Deployment;
  book: CounterBook;
  log: (text: string) => void;
}

/** Which run of which cell. */
export interface RunKey {
  cell: Cell;
  wal: boolean;
  run: number;
  lines: number;
}

/** Runs a cell once on a platform that runs, from an empty disk, and counts. */
export async function runCell(
  platform: Platform,
  { cell, wal, run, lines }: RunKey,
  log: (text: string) => void,
): Promise<RunResult> {
  const started = Date.now();
  const name = `${cell.name}-${wal ? "w" : "q"}${run}-${started.toString(36)}`;
  const tenant = name.replace(/[^a-z0-9-]/g, "");
  const ledger = new Ledger(lines);
  const gate = await PushGate.start({
    port: platform.gatePort,
    upstream: platform.loki.pushUrl,
    onTaken: (streams) => ledger.takeStreams(streams),
  });
  const source = new Source(platform.api, platform.paths, ledger, tenant.slice(0, 50));
  try {
    await removeCollectors(platform);
    await writeLimits(platform.paths, cell.limits === undefined ? {} : { [tenant]: cell.limits });
    if (cell.diskSize !== undefined) await limitDisk(platform.paths, nodeNames[0], cell.diskSize);
    const deployment = await deploymentFor(cell, wal, tenant, `http://127.0.0.1:${platform.gatePort}/loki/api/v1/push`);
    await applyAll(platform, deployment.objects);
    await collectorsUp(platform.paths);
    const context: Run = { platform, cell, gate, source, ledger, deployment, book: new CounterBook(), log };
    if (cell.writeAtOnce !== true) {
      await source.add(ownNamespace, cell.pods ?? 6, cell.clockOffSeconds);
      await targetsSeen(context);
    }
    return { ...(await play(context, lines, tenant)), ...keyOf({ cell, wal, run, lines }), ...took(platform, started) };
  } finally {
    gate.setMode({ kind: "pass" });
    await source.remove();
    await gate.close();
  }
}

const keyOf = ({ cell, wal, run, lines }: RunKey) => ({ cell: cell.name, wal, run, lines });
const took = ({ alloyVersion }: Platform, started: number) => ({
  alloyVersion,
  at: new Date(started).toISOString(),
  seconds: Math.round((Date.now() - started) / 1000),
});

type Measured = Omit<RunResult, "cell" | "wal" | "run" | "lines" | "at" | "seconds" | "alloyVersion">;

async function play(context: Run, lines: number, tenant: string): Promise<Measured> {
  const { platform, cell, gate, source, ledger, book } = context;
  const stopping = new AbortController();
  let walMost = 0;
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      await book.look(platform);
      walMost = Math.max(walMost, await walBytes(platform.paths));
      await sleep(1_000, undefined, { signal: stopping.signal }).catch(() => undefined); // the run is over
    }
  })();
  try {
    if (cell.writeAtOnce === true) await source.add(ownNamespace, cell.pods ?? 6);
    const begin = Date.now();
    const perSecond = cell.gonePodsAfterMs === undefined ? linesPerSecond : lines * 10;
    const writing = source.write(lines, perSecond, stopping.signal).then(async () => {
      if (cell.gonePodsAfterMs === undefined) return;
      await sleep(cell.gonePodsAfterMs);
      await source.remove();
    });
    const steps = runSteps(context, begin);
    await Promise.all([writing, steps]);
    const faultsOver = Date.now();
    const lastArrival = await settle(context);
    await book.look(platform);
    const found = await readBack(context, tenant);
    return {
      containers: source.containers,
      pushed: ledger.tally(),
      lostInLoki: found.tally().lost,
      lostOfOthers: found.tally((container) => source.namespaceOf(container) !== otherNamespace).lost,
      missing: found.missing(),
      counters: book.sum(),
      counted: book.dropped,
      answers: gate.counts().answers,
      walBytes: walMost,
      catchUpSeconds: Math.max(0, Math.round((lastArrival - faultsOver) / 1000)),
    };
  } finally {
    stopping.abort();
    await looking;
  }
}

async function runSteps(context: Run, begin: number): Promise<void> {
  const pending: Promise<void>[] = [];
  for (const step of [...context.cell.steps].sort((a, b) => a.at - b.at)) {
    await sleep(Math.max(0, begin + step.at * 1000 - Date.now()));
    context.log(`${step.at} s: ${step.do}${step.do === "gate" ? ` ${step.mode.kind}` : ""}`);
    // Started, not awaited: an outage has to end on time although a rollout is still under way.
    pending.push(act(context, step));
  }
  await Promise.all(pending);
}

async function act({ platform, gate, source, deployment, book }: Run, step: Step): Promise<void> {
  await book.look(platform);
  switch (step.do) {
    case "gate":
      return gate.setMode(step.mode, step.node);
    case "signal":
      return signalCollectors(platform, step.signal);
    case "rollout":
      return rollOut(platform, deployment);
    case "reboot":
      return reboot(platform, nodeNames[0]);
    case "restart-api-server":
      return restartApiServer(platform.paths);
    case "more-pods":
      return source.add(otherNamespace, step.count);
    default:
      throw new Error(`no action for ${String(step satisfies never)}`);
  }
}

/** Waits until all lines have arrived, or none has for a while; gives the time of the last one that came. */
async function settle({ ledger, cell, book, platform }: Run): Promise<number> {
  const quietMs = (cell.quietSeconds ?? 18) * 1000;
  const until = Date.now() + 240_000;
  let arrived = ledger.arrived;
  let changed = Date.now();
  while (Date.now() < until && Date.now() - changed < quietMs && ledger.arrived < ledger.total) {
    await sleep(500);
    if (ledger.arrived === arrived) continue;
    arrived = ledger.arrived;
    changed = Date.now();
  }
  // What is sent twice comes a moment later.
  await sleep(3_000);
  await book.look(platform);
  return changed;
}

/** The lines that Loki gives back, as a ledger with the same lines written. */
async function readBack({ platform, source, ledger }: Run, tenant: string): Promise<Ledger> {
  const found = ledger.withNothingTaken();
  for (let container = 0; container < source.containers; container++) {
    const query = `{namespace=~"bench-.+"} |= "id=${String(container).padStart(3, "0")} "`;
    const streams = await queryRange(platform.loki, tenant, query, { limit: 100_000 });
    for (const { lines } of streams) for (const { line } of lines) found.take(line);
  }
  return found;
}

/** Waits until each collector's source has all pods of its node. */
async function targetsSeen({ platform, source }: Run): Promise<void> {
  await waitUntil(
    "the collectors have seen the pods",
    async () => {
      const pods = ((await readAgentStatus(platform.paths))?.pods ?? []).filter(({ uiUrl }) => uiUrl !== undefined);
      const seen = await Promise.all(pods.map(readCollector));
      const count = seen
        .flatMap(({ targets }) => targets)
        .filter(({ container }) => container.startsWith("bench-")).length;
      return count === source.containers || `${count} of ${source.containers}`;
    },
    { timeoutMs: 60_000, intervalMs: 500 },
  );
  // A target is seen a moment before its log is open.
  await sleep(2_000);
}
