import { setTimeout as sleep } from "node:timers/promises";

import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { PushGate } from "../../packages/sandbox/servers/push-gate";
import type { Cell, Step } from "./cell";
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
import { MortalSource } from "./mortal-source";
import type { RunKey } from "./plan";
import {
  collectorsUp,
  fillDisk,
  limitDisk,
  reviveCluster,
  stopApiServer,
  walBytes,
  writeLimits,
  type Platform,
} from "./platform";
import { PlayedKubelet } from "./played-kubelet";
import type { RunResult } from "./result";
import { readBack, settle, targetsSeen } from "./settle";
import { Source } from "./source";

const ownNamespace = "bench-a";
const otherNamespace = "bench-b";
/** In which all lines of a run are written, however many, unless the cell says something else. */
const usualWriteSeconds = 10;

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
  /** Lines that were written and not taken yet when the collectors were stopped. */
  underWay?: number;
  /** Once it was stopped: what starts the API server again. */
  apiServer?: Promise<() => Promise<void>>;
}

/** Runs a cell once on a platform that runs, from an empty disk, and counts. */
export async function runCell(platform: Platform, key: RunKey, log: (text: string) => void): Promise<RunResult> {
  const { cell, wal, delivery, run, lines } = key;
  const started = Date.now();
  const tenant = `${cell.name}-${wal ? "w" : delivery === "at-least-once" ? "l" : "m"}${run}-${started.toString(36)}`;
  for (const name of await reviveCluster(platform.paths)) log(`${name} had ended`);
  const ledger = new Ledger(lines);
  const unheard = { entries: 0 };
  const gate = await PushGate.start({
    port: platform.gatePort,
    upstream: platform.loki.pushUrl,
    onTaken: (streams) => ledger.takeStreams(streams),
    onUnheard: (streams) => (unheard.entries += streams.reduce((sum, { entries }) => sum + entries.length, 0)),
  });
  const kubelet = cell.lives === undefined ? undefined : await PlayedKubelet.start(platform.api, platform.paths);
  const options = { api: platform.api, paths: platform.paths, ledger, run: tenant.slice(0, 50), ...cell };
  const source =
    kubelet === undefined || cell.lives === undefined
      ? new Source(options)
      : new MortalSource(options, kubelet, cell.lives);
  try {
    const url = `http://127.0.0.1:${platform.gatePort}/loki/api/v1/push`;
    const [deployment] = await Promise.all([
      deploymentFor(key, tenant, url),
      removeCollectors(platform),
      writeLimits(platform.paths, cell.limits === undefined ? {} : { [tenant]: cell.limits }),
    ]);
    if (cell.diskSize !== undefined) await limitDisk(platform.paths, nodeNames[0], cell.diskSize);
    const context: Run = { platform, cell, gate, source, ledger, deployment, book: new CounterBook(), log };
    // Pods that are there already when a collector starts are seen at once; later ones up to 5 s later.
    const pods = cell.writeAtOnce === true ? 0 : (cell.pods ?? 6);
    await Promise.all([
      applyAll(platform, deployment.objects),
      ...(pods > 0 ? [source.add(ownNamespace, pods, cell.clockOffSeconds)] : []),
    ]);
    await collectorsUp(platform.paths);
    if (pods > 0) await targetsSeen(platform, source);
    const setUpSeconds = Math.round((Date.now() - started) / 1000);
    const measured = await play(context, lines, tenant);
    return {
      ...{ cell: cell.name, wal, delivery, run, lines, alloyVersion: platform.alloyVersion },
      ...measured,
      unheard: unheard.entries,
      setUpSeconds,
      at: new Date(started).toISOString(),
      seconds: Math.round((Date.now() - started) / 1000),
    };
  } finally {
    gate.setMode({ kind: "pass" });
    await source.remove();
    await kubelet?.close();
    await gate.close();
  }
}

type Measured = Omit<
  RunResult,
  "cell" | "wal" | "delivery" | "run" | "lines" | "at" | "seconds" | "setUpSeconds" | "alloyVersion"
>;

async function play(context: Run, lines: number, tenant: string): Promise<Measured> {
  const { platform, cell, gate, source, ledger, book } = context;
  const stopping = new AbortController();
  let walMost = 0;
  const every = async (ms: number, action: () => Promise<void>): Promise<void> => {
    while (!stopping.signal.aborted) {
      await action();
      await sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined); // the run is over
    }
  };
  const looking = every(1_000, async () => {
    await book.look(platform);
    walMost = Math.max(walMost, await walBytes(platform.paths));
  });
  try {
    if (cell.writeAtOnce === true) await source.add(ownNamespace, cell.pods ?? 6);
    const begin = Date.now();
    await Promise.all([writeAll(context, lines, stopping.signal), runSteps(context, begin)]);
    const faultsOver = Date.now();
    const { lastArrival } = await settle(platform, ledger, book, (cell.quietSeconds ?? 12) * 1000);
    await book.look(platform);
    const found = await readBack(platform, source, ledger, tenant);
    return {
      containers: source.containers,
      pushed: ledger.tally(),
      lostInLoki: found.tally().lost,
      lostOfOthers: found.tally((container) => source.namespaceOf(container) !== otherNamespace).lost,
      missing: found.missing(),
      underWay: context.underWay,
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

async function writeAll({ cell, source }: Run, lines: number, signal: AbortSignal): Promise<void> {
  const atOnce = cell.gonePodsAfterMs !== undefined;
  const over = new AbortController();
  const rotating = (async () => {
    while (cell.rotateSeconds !== undefined) {
      await sleep(cell.rotateSeconds * 1000, undefined, { signal: over.signal });
      source.rotate();
    }
  })().catch(() => undefined); // all lines are written
  await source.write(lines, atOnce ? lines * 10 : lines / (cell.writeSeconds ?? usualWriteSeconds), signal);
  over.abort();
  await rotating;
  if (cell.gonePodsAfterMs === undefined) return;
  await sleep(cell.gonePodsAfterMs);
  await source.remove();
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

async function act(context: Run, step: Step): Promise<void> {
  const { platform, gate, source, deployment, book, ledger } = context;
  // An outage begins and ends on time, whatever a look at the collectors takes.
  if (step.do === "gate") return gate.setMode(step.mode, step.node);
  if (step.do === "stop-api-server") context.apiServer = stopApiServer(platform.paths);
  await book.look(platform);
  switch (step.do) {
    case "signal":
      context.underWay = ledger.total - ledger.arrived;
      return signalCollectors(platform, step.signal);
    case "rollout":
      return rollOut(platform, deployment);
    case "reboot":
      context.underWay = ledger.total - ledger.arrived;
      return reboot(platform, nodeNames[0]);
    case "stop-api-server":
      await context.apiServer;
      return;
    case "start-api-server":
      if (context.apiServer === undefined) throw new Error("the API server was not stopped");
      return (await context.apiServer)();
    case "more-pods":
      return source.add(otherNamespace, step.count);
    case "fill-disk":
      return fillDisk(platform.paths, nodeNames[0]);
    default:
      throw new Error(`no action for ${String(step satisfies never)}`);
  }
}
