import * as http from "node:http";
import * as https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

import type { V1Container, V1Probe } from "@kubernetes/client-node";

import { unsupported } from "./errors";
import type { Listener } from "./listen";

export type ProbeKind = "startup" | "liveness" | "readiness";

/** Answers in a row, and the result that the thresholds made of them; a startup probe begins without a result. */
export interface ProbeState {
  last: boolean | undefined;
  run: number;
  result: boolean | undefined;
}

/** Where a probe asks. */
export interface ProbeTarget {
  url: string;
  headers: Record<string, string>;
  timeoutMs: number;
  /** Why a kubelet could not reach it although this machine could. */
  unreachable: string | undefined;
}

/** What a kubelet assumes before the first answer. */
export function initialState(kind: ProbeKind): ProbeState {
  return { last: undefined, run: 0, result: { startup: undefined, liveness: true, readiness: false }[kind] };
}

/** The state after one more answer: the result changes once a threshold's number of equal answers came in a row. */
export function afterAnswer(state: ProbeState, success: boolean, probe: V1Probe): ProbeState {
  const run = state.last === success ? state.run + 1 : 1;
  const threshold = success ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
  return { last: success, run, result: run >= threshold ? success : state.result };
}

/** How long to wait before the next question, in ms. */
export function probeInterval(probe: V1Probe, state: ProbeState, kind: ProbeKind): number {
  const period = (probe.periodSeconds ?? 10) * 1000;
  // A kubelet asks a container that is not ready yet sooner than its period, too. Where failures count, the period holds.
  return kind === "readiness" && state.result === false ? Math.min(period, 1000) : period;
}

/** The address of a probe after the pod's listener was moved. Only httpGet is supported. */
export function probeTarget(probe: V1Probe, container: V1Container, listener: Listener | undefined): ProbeTarget {
  const get = probe.httpGet;
  if (get === undefined) throw unsupported("probes other than httpGet");
  const named = container.ports?.find((port) => port.name === get.port)?.containerPort;
  const port = typeof get.port === "number" ? get.port : (named ?? Number(get.port));
  if (!Number.isInteger(port)) throw unsupported(`probe port ${String(get.port)} (no such port in the container)`);
  const moved = listener?.podPort === port ? listener : undefined;
  const scheme = (get.scheme ?? "HTTP").toLowerCase();
  const path = get.path ?? "/";
  return {
    url: `${scheme}://127.0.0.1:${moved?.localPort ?? port}${path.startsWith("/") ? "" : "/"}${path}`,
    headers: Object.fromEntries((get.httpHeaders ?? []).map((header) => [header.name, header.value])),
    timeoutMs: (probe.timeoutSeconds ?? 1) * 1000,
    unreachable: moved?.loopbackOnly ? `port ${port} listens on the container's loopback only` : undefined,
  };
}

/**
 * Asks once: status 200 to 399 is success, anything else gives the reason. Each question has a connection of its own
 * (one that was kept would fail when the container restarts), redirects are not followed and certificates not checked,
 * all as a kubelet does it.
 */
export async function ask(target: ProbeTarget, signal: AbortSignal): Promise<true | string> {
  if (target.unreachable !== undefined) return target.unreachable;
  const timeout = AbortSignal.timeout(target.timeoutMs);
  const options = { agent: false, headers: target.headers, signal: AbortSignal.any([signal, timeout]) } as const;
  return new Promise((resolve) => {
    const onAnswer = (response: http.IncomingMessage): void => {
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(status >= 200 && status < 400 ? true : `HTTP status ${status}`);
    };
    const request = target.url.startsWith("https:")
      ? https.get(target.url, { ...options, rejectUnauthorized: false }, onAnswer)
      : http.get(target.url, options, onAnswer);
    request.once("error", (error) => resolve(timeout.aborted ? `no answer in ${target.timeoutMs} ms` : error.message));
  });
}

/**
 * Asks a probe again and again until `signal` is aborted (which is thrown) or `onResult` says that it is done.
 * `onResult` hears of each new result, `onAnswer` of each answer.
 */
export async function runProbe(
  kind: ProbeKind,
  probe: V1Probe,
  target: ProbeTarget,
  handlers: { onResult: (passing: boolean) => "go on" | "done"; onAnswer: (answer: true | string) => void },
  signal: AbortSignal,
): Promise<void> {
  let state = initialState(kind);
  await sleep((probe.initialDelaySeconds ?? 0) * 1000, undefined, { signal });
  for (;;) {
    const answer = await ask(target, signal);
    signal.throwIfAborted();
    handlers.onAnswer(answer);
    const before = state.result;
    state = afterAnswer(state, answer === true, probe);
    if (state.result !== undefined && state.result !== before && handlers.onResult(state.result) === "done") return;
    await sleep(probeInterval(probe, state, kind), undefined, { signal });
  }
}
