import { parseDuration, parseQuantity } from "../kit/units";
import type { Settings } from "../settings/schema";

/** The limits that the alerts and `alloyctl status` share: whoever changes one here changes both. */
export interface Limits {
  /** Share of the collectors that may be down before it is critical. */
  downRatio: number;
  restartsPerHour: number;
  /** Share of the lines that may be lost: 14.4 times what 99.9 % in a month allow, so the month is used up in two days. */
  lostRatio: number;
  /** Share of the requests to Loki that may fail. */
  errorRatio: number;
  /** Age of a line when Loki takes it, in seconds. */
  lateSeconds: number;
  /** Lines in the queue of loki.write: half of what it holds. */
  waitingLines: number;
  discoveryFailures: number;
  /** How far remote write may be behind, in seconds. */
  behindSeconds: number;
  failedSamplesRatio: number;
  /** Bytes of remote write's log. */
  walBytes: number;
  /** How far the log WAL's reader may be behind its writer, in seconds. */
  logWalBehindSeconds: number;
  memoryBytes: number;
  cpuCores: number;
  /** How long ago the credential's file may have been read, in seconds. */
  credentialAgeSeconds: number;
  /** Series of one collector in Prometheus. */
  series: number;
  /** `wal.outageBudget`, in milliseconds. */
  budgetMs: number;
  /** `rollout.timeout`, in milliseconds. */
  rolloutMs: number;
}

// loki.write holds 10 MiB for an endpoint (queue_config.capacity). Source: grafana/alloy, docs, loki.write
const queueBytes = 10 * 2 ** 20;

/** The limits of one stack. Pure. */
export function limitsOf({ wal, metrics, resources, rollout }: Settings): Limits {
  const budgetMs = parseDuration(wal.outageBudget) ?? 0;
  return {
    downRatio: 0.1,
    restartsPerHour: 2,
    lostRatio: 0.0144,
    errorRatio: 0.1,
    lateSeconds: 60,
    waitingLines: Math.floor(queueBytes / 2 / wal.load.bytesPerLine),
    discoveryFailures: 3,
    behindSeconds: Math.max(60, (3 * (parseDuration(metrics.scrapeInterval) ?? 0)) / 1_000),
    failedSamplesRatio: 0.01,
    walBytes: Math.floor(0.8 * (parseQuantity(wal.disk) ?? 0)),
    logWalBehindSeconds: budgetMs / 2_000,
    memoryBytes: Math.floor(0.9 * (parseQuantity(resources.limits.memory) ?? 0)),
    // Rounded, so that the expression shows no 0.45000000000000001.
    cpuCores: Number((0.9 * (parseQuantity(resources.limits.cpu) ?? 0)).toFixed(4)),
    credentialAgeSeconds: 300,
    series: 100,
    budgetMs,
    rolloutMs: parseDuration(rollout.timeout) ?? 0,
  };
}
