import { getText } from "../../../operations/collectors/find";
import { parseMetrics, sumOf } from "../../../kit/metrics-text";
import type { PodSnapshot } from "../node-agent/pod-runner";

/** What a collector says of itself. */
export interface CollectorCounts {
  node: string;
  /** Lines that Loki has taken since the collector started. */
  sent: number;
  dropped: number;
  targets: LogTarget[];
}

/** A container whose log a collector reads. */
export interface LogTarget {
  node: string;
  /** `namespace/pod:container`. */
  container: string;
}

/** Asks one collector for its counters and for the targets of its log source. */
export async function readCollector(pod: Pick<PodSnapshot, "node" | "uiUrl">): Promise<CollectorCounts> {
  const url = pod.uiUrl;
  if (url === undefined) throw new Error(`the collector of ${pod.node} has no HTTP listener`);
  const [metrics, component] = await Promise.all([
    getText(new URL("/metrics", url)).then(parseMetrics),
    logSource(url),
  ]);
  return {
    node: pod.node,
    sent: sumOf(metrics, "loki_write_sent_entries_total"),
    dropped: sumOf(metrics, "loki_write_dropped_entries_total"),
    targets: targetsOf(component),
  };
}

/** The source that the collector has: one of the two. */
async function logSource(url: string): Promise<string> {
  const ask = (id: string): Promise<string> => getText(new URL(`/api/v0/web/components/${id}`, url));
  const components = JSON.parse(await getText(new URL("/api/v0/web/components", url))) as { localID: string }[];
  const ids = components.map(({ localID }) => localID);
  return ask(ids.includes("loki.source.file.pods") ? "loki.source.file.pods" : "loki.source.kubernetes.pods");
}

/** The targets of a log source, from what Alloy's own UI is given about the component. */
export function targetsOf(componentJson: string): LogTarget[] {
  const component = JSON.parse(componentJson) as { arguments?: Attribute[] };
  const targets = component.arguments?.find(({ name }) => name === "targets")?.value.value ?? [];
  const found = targets.map(({ value }) => {
    const labels = new Map(value.map((entry) => [entry.key, entry.value.value]));
    const label = (name: string): string => labels.get(`__meta_kubernetes_${name}`) ?? "";
    return {
      node: label("pod_node_name"),
      container: `${label("namespace")}/${label("pod_name")}:${label("pod_container_name")}`,
    };
  });
  return found.sort((a, b) => a.container.localeCompare(b.container));
}

// How Alloy writes a list of maps of text.
interface Attribute {
  name: string;
  value: { value: { value: { key: string; value: { value: string } }[] }[] };
}
