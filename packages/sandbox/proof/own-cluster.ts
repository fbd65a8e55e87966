import { instantQuery } from "../servers/prometheus";
import { countBy, labelsOf, sampleLine, type Loki } from "../servers/loki";
import { streamLabels, type Claim, type Evidence } from "./proof";
import { waitUntil } from "../process/waiting";
import type { Settings } from "../../../settings/schema";

/** What was seen of a deployment to a cluster whose pods this machine cannot look into. */
export interface OwnEvidence {
  wanted: number;
  ready: number;
  /** Nodes with a collector that is ready. */
  nodes: string[];
  streams: Record<string, string>[];
  /** Nodes of which Loki has lines, and Prometheus samples, from the life of these collectors. */
  lineNodes: string[];
  metricNodes: string[];
  sample: Evidence["sample"];
}

/**
 * Judges it; pure. Nothing is counted: what the pods of somebody's cluster write is not ours to know, so loss and
 * doubles show only in the sandbox's own cluster.
 */
export function judgeOwn(evidence: OwnEvidence, settings: Pick<Settings, "clusterName">): Claim[] {
  const { wanted, ready, nodes, streams, lineNodes, metricNodes } = evidence;
  const labels = [...new Set(streams.flatMap((stream) => Object.keys(stream)))].sort();
  const foreign = labels.filter((label) => ![...streamLabels, "service_name"].includes(label));
  const without = (seen: readonly string[]): string[] => nodes.filter((node) => !seen.includes(node));
  const text = (seen: readonly string[]): string =>
    [seen.join(", ") || "none", ...(without(seen).length > 0 ? [`not ${without(seen).join(", ")}`] : [])].join("; ");
  return [
    {
      claim: "a collector is ready on every node that takes one",
      holds: wanted > 0 && ready === wanted,
      seen: `${ready} of ${wanted}: ${nodes.join(", ") || "none"}`,
    },
    {
      claim: `lines of each of these nodes are in Loki, with cluster="${settings.clusterName}"`,
      holds: nodes.length > 0 && without(lineNodes).length === 0,
      seen: text(lineNodes),
    },
    {
      claim: `the streams' labels are among ${streamLabels.join(", ")}`,
      holds: streams.length > 0 && foreign.length === 0,
      seen: `${streams.length} streams with ${labels.join(", ") || "none"}`,
    },
    {
      claim: `node_memory_MemTotal_bytes{cluster="${settings.clusterName}"} of each of these nodes is in Prometheus`,
      holds: nodes.length > 0 && without(metricNodes).length === 0,
      seen: text(metricNodes),
    },
  ];
}

/** Looks until everything has arrived, or `timeoutMs` are over; the judgement is the caller's. */
export async function gatherOwnEvidence(options: {
  collectors: () => Promise<Pick<OwnEvidence, "wanted" | "ready" | "nodes"> & { since: number }>;
  loki: Loki;
  prometheus: { url: string };
  settings: Pick<Settings, "clusterName" | "lokiTenant">;
  timeoutMs: number;
}): Promise<OwnEvidence> {
  const { collectors, loki, prometheus, settings, timeoutMs } = options;
  const selector = `{cluster="${settings.clusterName}"}`;
  let evidence: OwnEvidence | undefined;
  const look = async (): Promise<boolean> => {
    const { since, ...rollout } = await collectors();
    // What an earlier deployment has sent proves nothing of this one.
    const window = { sinceSeconds: Math.min(3_600, Math.ceil((Date.now() - since) / 1_000)) };
    const fresh = `timestamp(node_memory_MemTotal_bytes${selector}) >= ${Math.floor(since / 1_000)}`;
    const tenant = settings.lokiTenant;
    const [streams, lines, sample, samples] = await Promise.all([
      labelsOf(loki, tenant, selector, window),
      countBy(loki, tenant, "node", selector, window),
      sampleLine(loki, tenant, selector),
      instantQuery(prometheus.url, fresh),
    ]);
    evidence = {
      ...rollout,
      streams,
      lineNodes: [...lines.keys()].sort(),
      metricNodes: samples.map(({ labels }) => labels["instance"] ?? "").sort(),
      sample: sample && { labels: sample.labels, line: sample.line.trimEnd() },
    };
    return judgeOwn(evidence, settings).every(({ holds }) => holds);
  };
  // Not arriving is a finding, not an error.
  await waitUntil("the lines arrive", look, { timeoutMs, intervalMs: 1_000 }).catch((error: unknown) => {
    if (evidence === undefined) throw error;
  });
  if (evidence === undefined) throw new Error("nothing was observed");
  return evidence;
}
