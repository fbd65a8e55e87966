import { createHash } from "node:crypto";

import { Ledger, type Tally } from "../../../bench/delivery/ledger";
import { Source } from "../../../bench/delivery/source";
import { nodeNames } from "../../../packages/sandbox/servers/cluster/nodes";
import { freePort } from "../../../packages/sandbox/process/ports";
import { PushGate } from "../../../packages/sandbox/servers/push-gate";
import type { PushedStream } from "../../../packages/sandbox/servers/push-request";
import { sandbox } from "./sandbox";

/** Whether takes of a stream count; the labels as Loki writes them. */
export type Side = (labels: string) => boolean;

// For one container, at the rates below: half an hour and more.
const linesAtMost = 100_000;

/** Pods that write numbered lines, and a gate in front of Loki that keeps every line that Loki has taken, doubles too. */
export class Load {
  /** All that was written, and all that was taken of it from whichever stream. */
  readonly ledger = new Ledger(linesAtMost);
  private readonly takes: { labels: string; lines: string[] }[] = [];
  /** What was counted of a side so far: whoever waits asks again and again. */
  private readonly sides = new Map<Side, { ledger: Ledger; counted: number }>();
  private readonly batches = new Set<string>();
  private readonly source: Source;
  private gate: PushGate | undefined;
  /** What collectors are to push to. */
  pushUrl = "";

  private constructor(readonly namespace: string) {
    const { api, paths } = sandbox();
    this.source = new Source({ api, paths, ledger: this.ledger, run: "load" });
  }

  /** Makes two pods a node in the namespace, and listens. */
  static async start(namespace: string): Promise<Load> {
    const load = new Load(namespace);
    const { loki } = await sandbox().servers();
    const port = await freePort("gate", sandbox().paths);
    load.gate = await PushGate.start({
      port,
      upstream: loki.pushUrl,
      onTaken: (streams) => load.take(streams),
    });
    load.pushUrl = `http://127.0.0.1:${port}/loki/api/v1/push`;
    await load.source.add(namespace, 2 * nodeNames.length);
    return load;
  }

  get containers(): number {
    return this.source.containers;
  }

  /** Writes so many lines to the containers in turn. */
  async write(lines: number, perSecond: number): Promise<void> {
    await this.source.write(lines, perSecond, new AbortController().signal);
  }

  /** Writes until the answer is called, which returns when the last line is written. */
  begin(perSecond: number): () => Promise<void> {
    const stopping = new AbortController();
    const written = this.source.write(Number.MAX_SAFE_INTEGER, perSecond, stopping.signal);
    written.catch(() => undefined); // thrown to whoever stops it
    return async () => {
      stopping.abort();
      await written;
    };
  }

  /** What was lost and doubled if only the takes of one side count. */
  tally(side: Side = () => true, node?: string): Tally {
    return this.ledgerOf(side).tally((container) => node === undefined || this.nodeOf(container) === node);
  }

  /** Different lines that were taken of one side's streams. */
  arrived(side: Side): number {
    const known = this.sides.get(side) ?? { ledger: new Ledger(linesAtMost), counted: 0 };
    this.sides.set(side, known);
    for (const { labels, lines } of this.takes.slice(known.counted))
      if (side(labels)) for (const line of lines) known.ledger.take(line);
    known.counted = this.takes.length;
    return known.ledger.arrived;
  }

  /** Lines that were taken of the streams of both. */
  takenByBoth(a: Side, b: Side): number {
    return this.arrived(a) + this.arrived(b) - this.arrived((labels) => a(labels) || b(labels));
  }

  /** Whether a stream with all these parts in its labels was taken. */
  seen(...parts: string[]): boolean {
    return this.takes.some(({ labels }) => parts.every((part) => labels.includes(part)));
  }

  /** Ends the pods and stops listening. */
  async stop(): Promise<void> {
    await this.source.remove();
    await this.gate?.close();
  }

  private take(streams: readonly PushedStream[]): void {
    // On a slow machine an answer may come too late, and the collector sends that very batch again: no double of a
    // position. Lines have numbers, so no other batch is the same.
    const batch = createHash("sha256").update(JSON.stringify(streams)).digest("hex");
    if (this.batches.has(batch)) return;
    this.batches.add(batch);
    this.ledger.takeStreams(streams);
    for (const { labels, entries } of streams) this.takes.push({ labels, lines: entries.map(({ line }) => line) });
  }

  private ledgerOf(side: Side): Ledger {
    const ledger = this.ledger.withNothingTaken();
    for (const { labels, lines } of this.takes) if (side(labels)) for (const line of lines) ledger.take(line);
    return ledger;
  }

  // As Source hands them out.
  private nodeOf(container: number): string | undefined {
    return nodeNames[container % nodeNames.length];
  }
}
