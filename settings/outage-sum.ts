import { formatDuration, parseDuration, parseQuantity } from "../kit/units";

/** What the sum is made of; the keys are those of `alloy:wal` and `alloy:wal.load`. */
export interface OutagePlan {
  outageBudget: string;
  logs: boolean;
  disk: string;
  kubeletLogSize: string;
  load: { nodeLinesPerSecond: number; containerLinesPerSecond: number; bytesPerLine: number };
}

/** What an outage of the whole budget leaves lying on one node. */
export interface OutageSum {
  budgetSeconds: number;
  /** What the busiest container writes meanwhile, as the kubelet stores it. */
  containerBytes: number;
  /** How much of it the kubelet still serves: its newest file. */
  kubeletBytes: number;
  /** What a log WAL holds in the steady state, delivered or not; 0 without one. */
  logWalBytes: number;
  /** What remote write's WAL may take. */
  metricsWalBytes: number;
  /** All that the collector may write on the node's disk. */
  diskBytes: number;
  /** What stack config says there is. */
  diskThere: number;
}

/** A promise that the sum does not keep; the shape of a check's report. */
export interface BrokenPromise {
  key: "outageBudget" | "disk";
  problem: string;
  remedy: string;
}

// `2026-01-02T03:04:05.123456789+00:00 stdout F ` and the line break. Source: kubelet, pkg/kubelet/kuberuntime/logs
const criOverhead = 46;
// Labels, time and length around each line in a WAL segment; measured with six labels, rounded up.
const walOverhead = 100;
const mebi = 2 ** 20;
const walSegment = 128 * mebi;
// A thousand series at the shortest sensible interval, 13 bytes a sample. Source: facts of prometheus/tsdb/wlog
const metricsBytesPerSecond = (1000 / 15) * 13;
const positions = 16 * mebi;

/** Adds up what an outage of the whole budget asks of the node. Pure. */
export function sumOutage(plan: OutagePlan): OutageSum {
  const seconds = (parseDuration(plan.outageBudget) ?? 0) / 1000;
  const { nodeLinesPerSecond, containerLinesPerSecond, bytesPerLine } = plan.load;
  const logWalBytes = plan.logs ? nodeLinesPerSecond * (bytesPerLine + walOverhead) * seconds + walSegment : 0;
  const metricsWalBytes = 2 * walSegment + metricsBytesPerSecond * seconds;
  return {
    budgetSeconds: seconds,
    containerBytes: containerLinesPerSecond * (bytesPerLine + criOverhead) * seconds,
    kubeletBytes: parseQuantity(plan.kubeletLogSize) ?? 0,
    logWalBytes,
    metricsWalBytes,
    diskBytes: Math.ceil(logWalBytes + metricsWalBytes + positions),
    diskThere: parseQuantity(plan.disk) ?? 0,
  };
}

/**
 * The promises of the budget that the node cannot keep, with the sum in words. Without a log WAL the kubelet's newest
 * log file of each container is what lines wait in; with one it is the disk. Pure.
 */
export function brokenPromises(plan: OutagePlan): BrokenPromise[] {
  const sum = sumOutage(plan);
  const { nodeLinesPerSecond, containerLinesPerSecond, bytesPerLine } = plan.load;
  const { outageBudget } = plan;
  const found: BrokenPromise[] = [];
  if (!plan.logs && sum.containerBytes > sum.kubeletBytes)
    found.push({
      key: "outageBudget",
      problem:
        `promises ${outageBudget}, but in that time the busiest container writes ${mebibytes(sum.containerBytes)} ` +
        `(${containerLinesPerSecond} lines/s × (${bytesPerLine} + ${criOverhead}) bytes × ${sum.budgetSeconds} s), ` +
        `and the kubelet keeps only the newest ${mebibytes(sum.kubeletBytes)}`,
      remedy:
        `lower it to ${within(sum.kubeletBytes / (containerLinesPerSecond * (bytesPerLine + criOverhead)))}, or raise ` +
        "the kubelets' containerLogMaxSize and write it in alloy:wal.kubeletLogSize",
    });
  if (sum.diskBytes > sum.diskThere)
    found.push({
      key: "disk",
      problem:
        `is ${mebibytes(sum.diskThere)}, but a budget of ${outageBudget} needs ${mebibytes(sum.diskBytes)}: ` +
        (plan.logs
          ? `${mebibytes(sum.logWalBytes)} of lines (${nodeLinesPerSecond} lines/s × (${bytesPerLine} + ${walOverhead}) ` +
            `bytes × ${sum.budgetSeconds} s, and a segment of 128 MiB), `
          : "") +
        `${mebibytes(sum.metricsWalBytes)} of metrics, ${mebibytes(positions)} of positions`,
      remedy: plan.logs
        ? "give the directory more space and write it here, lower outageBudget, or set logs: false"
        : "give the directory more space and write it here, or lower outageBudget",
    });
  return found;
}

/** The sum in one line, for a preview. */
export function outageSumText(plan: OutagePlan): string {
  const sum = sumOutage(plan);
  const { containerLinesPerSecond, nodeLinesPerSecond, bytesPerLine } = plan.load;
  const lines = plan.logs
    ? `${nodeLinesPerSecond} lines/s of ${bytesPerLine} bytes on a node occupy ${mebibytes(sum.logWalBytes)} of disk permanently`
    : `in that time a container may write ${mebibytes(sum.containerBytes)} (${containerLinesPerSecond} lines/s of ` +
      `${bytesPerLine} bytes), and its kubelet keeps ${mebibytes(sum.kubeletBytes)}`;
  return `outage budget ${plan.outageBudget}: ${lines}; each node needs ${mebibytes(sum.diskBytes)} of disk`;
}

const mebibytes = (bytes: number): string => `${(bytes / mebi).toFixed(1)} MiB`;

/** Whole seconds, so that the advice itself keeps the promise. */
const within = (seconds: number): string => formatDuration(Math.max(1, Math.floor(seconds)) * 1000);
