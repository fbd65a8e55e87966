import { instantQuery } from "./prometheus";
import { labelsOf, sampleLine, type Loki } from "./loki";
import { streamLabels, type Claim, type Evidence } from "./proof";
import { waitUntil } from "./waiting";
import type { Settings } from "../settings/schema";

/** What was seen of a deployment to a cluster whose pods this machine cannot look into. */
export interface OwnEvidence {
  wanted: number;
  ready: number;
  /** Nodes with a collector that is ready. */
  nodes: string[];
  streams: Record<string, string>[];
  metricNodes: string[];
  sample: Evidence["sample"];
}

/**
 * Judges it; pure. Nothing is counted: what the pods of somebody's cluster write is not ours to know, so loss and
 * doubles show only in the sandbox's own cluster.
 */
export function judgeOwn(evidence: OwnEvidence, settings: Pick<Settings, "clusterName">): Claim[] {
  const { wanted, ready, nodes, streams, metricNodes } = evidence;
  const labels = [...new Set(streams.flatMap((stream) => Object.keys(stream)))].sort();
  const foreign = labels.filter((label) => ![...streamLabels, "service_name"].includes(label));
  const withLines = [...new Set(streams.map(({ node }) => node ?? ""))].sort();
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
      holds: nodes.length > 0 && without(withLines).length === 0,
      seen: text(withLines),
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
  collectors: () => Promise<Pick<OwnEvidence, "wanted" | "ready" | "nodes">>;
  loki: Loki;
  prometheus: { url: string };
  settings: Pick<Settings, "clusterName" | "lokiTenant">;
  timeoutMs: number;
}): Promise<OwnEvidence> {
  const { collectors, loki, prometheus, settings, timeoutMs } = options;
  const selector = `{cluster="${settings.clusterName}"}`;
  let evidence: OwnEvidence | undefined;
  const look = async (): Promise<boolean> => {
    const [rollout, streams, sample, samples] = await Promise.all([
      collectors(),
      labelsOf(loki, settings.lokiTenant, selector),
      sampleLine(loki, settings.lokiTenant, selector),
      instantQuery(prometheus.url, `node_memory_MemTotal_bytes${selector}`),
    ]);
    evidence = {
      ...rollout,
      streams,
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
