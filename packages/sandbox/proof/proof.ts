import { isDeepStrictEqual } from "node:util";

import { instantQuery } from "../servers/prometheus";
import { readCollector, type CollectorCounts } from "./collector-counts";
import { labelsOf, sampleLine, countLines } from "../servers/loki";
import { KubeApi } from "../servers/cluster/kube-api";
import type { SandboxPaths } from "../paths";
import { waitUntil } from "../process/waiting";
import { readAgentStatus } from "../node-agent/agent-status";
import type { Servers } from "../servers/servers";
import type { Settings } from "../../../settings/schema";
import { writeLines } from "../workload/start";
import { readWorkload } from "../workload/workload-status";

/** The labels that a stream may have. Loki adds `service_name` itself. */
export const streamLabels = ["namespace", "app", "component", "job", "cluster", "node"];
const addedByLoki = ["service_name"];
/** Those that every stream has; app and component only where the pod has such a label. */
const alwaysThere = ["namespace", "job", "cluster", "node"];

const workloadSelector = `{namespace=~"demo-.+"}`;

/** What was seen; everything that a claim of the summary rests on. */
export interface Evidence {
  /** Lines written to the logs of all containers, the collectors' own among them, since just before the workload. */
  written: number;
  /** Lines that Loki acknowledged to all collectors in the same time: doubles count. */
  sent: number;
  dropped: number;
  /** Lines of the workload's own, written and found in Loki. */
  workloadWritten: number;
  workloadFound: number;
  streams: Record<string, string>[];
  collectors: CollectorCounts[];
  sample: { labels: Record<string, string>; line: string } | undefined;
  /** Nodes for which `node_memory_MemTotal_bytes` is in Prometheus under the stack's cluster. */
  metricNodes: string[];
}

/** One claim and whether it holds. */
export interface Claim {
  claim: string;
  holds: boolean;
  seen: string;
}

/** Judges the evidence; pure. */
export function judge(evidence: Evidence, settings: Pick<Settings, "clusterName">): Claim[] {
  const labels = [...new Set(evidence.streams.flatMap((stream) => Object.keys(stream)))].sort();
  const foreign = labels.filter((label) => !streamLabels.includes(label) && !addedByLoki.includes(label));
  const missing = evidence.streams.flatMap((stream) => alwaysThere.filter((label) => !stream[label]));
  // The workload's pods have both, so that losing one shows.
  missing.push(...["app", "component"].filter((label) => evidence.streams.every((stream) => !stream[label])));
  const wrongCluster = evidence.streams.filter(({ cluster }) => cluster !== settings.clusterName);
  const strays = evidence.collectors.flatMap(({ node, targets }) =>
    targets.filter((target) => target.node !== node).map((target) => `${node} reads ${target.container}`),
  );
  const nodes = evidence.collectors.map(({ node }) => node).sort();
  const { pod, container } = evidence.sample?.labels ?? {};
  return [
    {
      claim: "every line was sent once",
      holds: evidence.written > 0 && evidence.sent === evidence.written && evidence.dropped === 0,
      seen: `${evidence.written} written, ${evidence.sent} sent by ${nodes.length} collectors, ${evidence.dropped} dropped`,
    },
    {
      claim: "every line of the workload is in Loki",
      holds: evidence.workloadWritten > 0 && evidence.workloadFound === evidence.workloadWritten,
      seen: `${evidence.workloadWritten} written, ${evidence.workloadFound} found`,
    },
    {
      claim: `the streams' labels are ${streamLabels.join(", ")}`,
      holds: evidence.streams.length > 0 && foreign.length === 0 && missing.length === 0 && wrongCluster.length === 0,
      seen: [
        `${evidence.streams.length} streams with ${labels.join(", ")}`,
        ...(missing.length > 0 ? [`missing ${[...new Set(missing)].join(", ")}`] : []),
      ].join("; "),
    },
    {
      claim: "each collector reads its own node's pods only",
      holds: nodes.length > 0 && strays.length === 0 && evidence.collectors.every(({ targets }) => targets.length > 0),
      seen:
        strays.length > 0
          ? strays.slice(0, 3).join("; ")
          : evidence.collectors.map(({ node, targets }) => `${node}: ${targets.length} containers`).join(", "),
    },
    {
      claim: "pod and container are beside the line, as structured metadata",
      holds: pod !== undefined && container !== undefined,
      seen: `pod=${pod ?? "none"} container=${container ?? "none"}`,
    },
    {
      claim: `node_memory_MemTotal_bytes{cluster="${settings.clusterName}"} of every node is in Prometheus`,
      holds: nodes.length > 0 && nodes.every((node) => evidence.metricNodes.includes(node)),
      seen: evidence.metricNodes.join(", ") || "none",
    },
  ];
}

/**
 * Has the workload write `lines` lines and follows them to Loki and Prometheus. Returns when everything has arrived,
 * or after `timeoutMs` with what has: the judgement is the caller's.
 */
export async function gatherEvidence(options: {
  paths: SandboxPaths;
  servers: Servers;
  settings: Pick<Settings, "clusterName" | "lokiTenant">;
  lines: number;
  ratePerSecond: number;
  /** What {@link isFresh} said before the collectors were deployed: everything is then counted from its beginning. */
  fresh: boolean;
  timeoutMs: number;
}): Promise<Evidence> {
  const { paths, servers, settings, lines, ratePerSecond, fresh, timeoutMs } = options;
  const before = fresh ? nothingYet : await settledCounts(paths);
  const startedAt = Date.now();
  await writeLines({ paths, lines, ratePerSecond });

  let evidence: Evidence | undefined;
  let same = 0;
  const look = async (): Promise<boolean> => {
    const seen = await observe(paths, servers, settings, before, startedAt, lines);
    // Twice the same: a double would still be on its way when the last line has arrived. Metrics cannot come twice.
    same = isDeepStrictEqual({ ...seen, metricNodes: [] }, { ...evidence, metricNodes: [] }) ? same + 1 : 0;
    evidence = seen;
    return same >= 2 && judge(seen, settings).every(({ holds }) => holds);
  };
  // Not arriving is a finding, not an error of the sandbox.
  await waitUntil("the lines arrive", look, { timeoutMs, intervalMs: 500 }).catch((error: unknown) => {
    if (evidence === undefined) throw error;
  });
  if (evidence === undefined) throw new Error("nothing was observed");
  return evidence;
}

/** No collector has run yet and no line was written: there is no earlier count that a proof would have to wait for. */
export async function isFresh(paths: SandboxPaths): Promise<boolean> {
  const [agent, workload] = await Promise.all([readAgentStatus(paths), readWorkload(paths)]);
  return workload === undefined && (agent?.pods ?? []).length === 0;
}

interface Counts {
  written: number;
  sent: number;
  dropped: number;
  collectors: CollectorCounts[];
}

const nothingYet: Counts = { written: 0, sent: 0, dropped: 0, collectors: [] };

/**
 * The counters at a moment when nothing is on its way: every container of every node is a target, and three looks in a
 * row saw the same. A collector that has just started still has its own first lines to send.
 */
async function settledCounts(paths: SandboxPaths): Promise<Counts> {
  let counts: Counts | undefined;
  let same = 0;
  const look = async (): Promise<boolean | string> => {
    const [next, expected] = await Promise.all([readCounts(paths), containersByNode(paths)]);
    const unseen = next.collectors.filter(({ node, targets }) => targets.length < (expected.get(node) ?? 0));
    const rests =
      next.collectors.length > 0 &&
      unseen.length === 0 &&
      counts?.written === next.written &&
      counts.sent === next.sent;
    same = rests ? same + 1 : 0;
    counts = next;
    return (
      same >= 2 || `${next.sent} lines sent; still to be found: ${unseen.map(({ node }) => node).join(", ") || "none"}`
    );
  };
  await waitUntil("the collectors are at rest", look, { timeoutMs: 60_000, intervalMs: 1_000 });
  if (counts === undefined) throw new Error("no counters were read");
  return counts;
}

/** How many containers, init containers among them, the pods of each node have. */
async function containersByNode(paths: SandboxPaths): Promise<Map<string, number>> {
  const api = KubeApi.fromFile(paths.kubeconfig);
  try {
    const { items } = await api.request<{ items: PodContainers[] }>("GET", "/api/v1/pods");
    const counts = new Map<string, number>();
    for (const { spec } of items) {
      if (spec.nodeName === undefined) continue;
      const own = spec.containers.length + (spec.initContainers?.length ?? 0);
      counts.set(spec.nodeName, (counts.get(spec.nodeName) ?? 0) + own);
    }
    return counts;
  } finally {
    api.close();
  }
}

interface PodContainers {
  spec: { nodeName?: string; containers: unknown[]; initContainers?: unknown[] };
}

async function readCounts(paths: SandboxPaths): Promise<Counts> {
  const agent = await readAgentStatus(paths);
  const pods = (agent?.pods ?? []).filter(({ uiUrl }) => uiUrl !== undefined);
  const collectors = await Promise.all(pods.map(readCollector));
  const sum = (field: "sent" | "dropped"): number => collectors.reduce((total, counts) => total + counts[field], 0);
  const own = (agent?.pods ?? []).reduce((total, { linesLogged }) => total + linesLogged, 0);
  return {
    written: own,
    sent: sum("sent"),
    dropped: sum("dropped"),
    collectors: collectors.sort((a, b) => a.node.localeCompare(b.node)),
  };
}

async function observe(
  paths: SandboxPaths,
  { loki, prometheus }: Servers,
  settings: Pick<Settings, "clusterName" | "lokiTenant">,
  before: Counts,
  startedAt: number,
  lines: number,
): Promise<Evidence> {
  const tenant = settings.lokiTenant;
  const since = { sinceSeconds: Math.ceil((Date.now() - startedAt) / 1000) };
  const [now, workloadFound, streams, sample, samples] = await Promise.all([
    readCounts(paths),
    countLines(loki, tenant, workloadSelector, since),
    labelsOf(loki, tenant, `{namespace=~".+"}`, since),
    sampleLine(loki, tenant, workloadSelector),
    instantQuery(prometheus.url, `node_memory_MemTotal_bytes{cluster="${settings.clusterName}"}`),
  ]);
  return {
    written: now.written - before.written + lines,
    sent: now.sent - before.sent,
    dropped: now.dropped - before.dropped,
    workloadWritten: lines,
    workloadFound,
    streams: inOrder(streams),
    collectors: now.collectors,
    sample: sample && { labels: sample.labels, line: sample.line.trimEnd() },
    metricNodes: samples.map(({ labels }) => labels["instance"] ?? "").sort(),
  };
}

// Loki answers in any order, of streams and of labels.
function inOrder(streams: Record<string, string>[]): Record<string, string>[] {
  const sorted = streams.map((stream) => Object.fromEntries(Object.entries(stream).sort()));
  return sorted.sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}
