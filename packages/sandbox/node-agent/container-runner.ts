import { setTimeout as sleep } from "node:timers/promises";

import type { V1Container, V1Probe } from "@kubernetes/client-node";

import { errorText } from "../../../kit/error-text";
import { nextDelay, type Backoff } from "./backoff";
import type { Ending, RunningContainer } from "./container-process";
import { SetupError } from "./errors";
import type { Listener } from "./listen";
import { probeTarget, runProbe, type ProbeKind } from "./probe";
import { restarts, type ContainerRecord } from "./status";

/** What a container needs of its pod. */
export interface ContainerHost {
  restartPolicy: string | undefined;
  /** Aborted when the pod ends. */
  signal: AbortSignal;
  /** Time between SIGTERM and SIGKILL; a deletion may shorten it. */
  graceMs(): number;
  listener(): Listener | undefined;
  /** Starts the container's process; SetupError where the pod's objects do not allow it yet. */
  start(container: V1Container, isInit: boolean): Promise<RunningContainer>;
  /** Called when an init container has ended. */
  afterInit(container: V1Container): Promise<void>;
  /** The record changed. */
  changed(): void;
  /** Something went wrong that a person should hear of. */
  note(text: string): void;
  /** A probe answered; undefined clears what was last said of it. */
  probeAnswered(kind: ProbeKind, trouble: string | undefined): void;
}

/** Keeps one container running as its pod asks: restarts, back-off, probes. */
export class ContainerRunner {
  /** The process, while there is one. */
  running: RunningContainer | undefined;

  constructor(
    readonly container: V1Container,
    readonly record: ContainerRecord,
    private readonly isInit: boolean,
    private readonly host: ContainerHost,
  ) {}

  /** Runs until the container need not run again: an init container until it succeeds. Throws when the pod ends. */
  async run(): Promise<void> {
    const { host, record } = this;
    let backoff: Backoff = { failures: 0 };
    for (;;) {
      const running = await retrying(host, [record], () => host.start(this.container, this.isInit));
      const startedAt = new Date();
      const ending = await this.live(running, startedAt);
      if (this.isInit) await host.afterInit(this.container);
      this.recordEnd(ending, startedAt);
      host.signal.throwIfAborted();
      if (this.isInit && ending.exitCode === 0) return;
      if (!restarts(host.restartPolicy, ending.exitCode)) return;
      const next = nextDelay(backoff, Date.now() - startedAt.getTime());
      backoff = next.backoff;
      record.lastState = record.state;
      if (next.delayMs > 0) {
        const message = `back-off ${next.delayMs / 1000}s restarting failed container=${this.container.name}`;
        record.state = { waiting: { reason: "CrashLoopBackOff", message } };
        host.changed();
        await sleep(next.delayMs, undefined, { signal: host.signal });
      }
      record.restartCount += 1;
    }
  }

  /** Ends the process; returns when it is gone. */
  async stop(): Promise<void> {
    await this.running?.stop(this.host.graceMs());
  }

  private async live(running: RunningContainer, startedAt: Date): Promise<Ending> {
    const { container, host, record } = this;
    this.running = running;
    record.containerID = `sandbox://${running.pid}-${running.startTime}`;
    record.state = { running: { startedAt: startedAt.toISOString() } };
    record.started = container.startupProbe === undefined;
    record.ready = !this.isInit && container.readinessProbe === undefined && record.started;
    host.changed();

    const ended = new AbortController();
    const stop = (): void => this.stopInBackground();
    if (host.signal.aborted) stop();
    else host.signal.addEventListener("abort", stop, { once: true });
    if (!this.isInit) void this.probeAll(ended.signal);
    const ending = await running.ended;
    ended.abort();
    host.signal.removeEventListener("abort", stop);
    this.running = undefined;
    return ending;
  }

  private recordEnd(ending: Ending, startedAt: Date): void {
    const { host, record } = this;
    const { exitCode, signal, lastLine, tail } = ending;
    // No container of ours writes a termination message file: by the default policy there is no message.
    const said = this.container.terminationMessagePolicy === "FallbackToLogsOnError";
    record.state = {
      terminated: {
        exitCode,
        signal,
        reason: exitCode === 0 ? "Completed" : "Error",
        message: exitCode !== 0 && said ? tail : undefined,
        startedAt: startedAt.toISOString(),
        finishedAt: new Date().toISOString(),
      },
    };
    record.started = false;
    record.ready = this.isInit && exitCode === 0;
    if (exitCode !== 0 && !host.signal.aborted) {
      host.note(`container ${record.name} ended with ${exitCode}: ${lastLine}`);
    }
    host.changed();
  }

  private async probeAll(signal: AbortSignal): Promise<void> {
    const { startupProbe, livenessProbe, readinessProbe } = this.container;
    const { host, record } = this;
    try {
      await this.probe("startup", startupProbe, signal, (passing) => {
        if (!passing) return this.restart("startup");
        record.started = true;
        record.ready = readinessProbe === undefined;
        host.changed();
        return "done";
      });
      await Promise.all([
        this.probe("liveness", livenessProbe, signal, (passing) => (passing ? "go on" : this.restart("liveness"))),
        this.probe("readiness", readinessProbe, signal, (passing) => {
          record.ready = passing;
          host.changed();
          return "go on";
        }),
      ]);
    } catch (error) {
      // The container ended while it was asked; anything else is a probe that this agent cannot make.
      if (!signal.aborted) host.note(`probe of ${record.name}: ${errorText(error)}`);
    }
  }

  private async probe(
    kind: ProbeKind,
    probe: V1Probe | undefined,
    signal: AbortSignal,
    onResult: (passing: boolean) => "go on" | "done",
  ): Promise<void> {
    if (probe === undefined || signal.aborted) return;
    const target = probeTarget(probe, this.container, this.host.listener());
    const onAnswer = (answer: true | string): void => {
      const trouble = answer === true ? undefined : `${kind} probe of ${this.record.name}: ${answer}`;
      this.host.probeAnswered(kind, trouble);
    };
    await runProbe(kind, probe, target, { onResult, onAnswer }, signal);
  }

  private restart(kind: ProbeKind): "done" {
    this.host.note(`container ${this.record.name} failed its ${kind} probe and is restarted`);
    this.stopInBackground();
    return "done";
  }

  private stopInBackground(): void {
    this.stop().catch((error: unknown) => this.host.note(errorText(error)));
  }
}

/** Tries every second until it works; what stands in the way is shown in the containers' waiting state. */
export async function retrying<T>(
  host: Pick<ContainerHost, "signal" | "changed" | "note">,
  records: readonly ContainerRecord[],
  action: () => Promise<T>,
): Promise<T> {
  for (;;) {
    host.signal.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      host.signal.throwIfAborted();
      const reason = error instanceof SetupError ? error.reason : "RunContainerError";
      showWaiting(host, records, reason, errorText(error));
      await sleep(1000, undefined, { signal: host.signal });
    }
  }
}

function showWaiting(
  host: Pick<ContainerHost, "changed" | "note">,
  records: readonly ContainerRecord[],
  reason: string,
  message: string,
): void {
  let isNew = false;
  for (const record of records) {
    const { state } = record;
    if ("waiting" in state && state.waiting.message === message) continue;
    if ("terminated" in state) record.lastState = state;
    record.state = { waiting: { reason, message } };
    isNew = true;
  }
  if (!isNew) return;
  host.note(message);
  host.changed();
}
