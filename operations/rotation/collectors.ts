import { CoreV1Api } from "@kubernetes/client-node";

import { parseMetrics, sumOf, type MetricSample } from "../../kit/metrics-text";
import { readAgentStatus } from "../../packages/sandbox/node-agent/agent-status";
import type { SandboxPaths } from "../../packages/sandbox/paths";
import type { Backend } from "../../settings/credentials";
import { httpPort, names } from "../../settings/names";
import type { Settings } from "../../settings/schema";
import { kubeConfigFor } from "../cluster/kube-config";

/** One collector's HTTP server, reached from here. */
export interface Collector {
  node: string;
  pod: string;
  get(path: string): Promise<string>;
}

/** What a collector says of its deliveries to one backend, since it started. */
export interface Deliveries {
  /** Grows whenever the backend has taken something. */
  succeeded: number;
  /** Grows while it does not. */
  retried: number;
  /** What was given up. */
  lost: number;
}

/**
 * The collectors of a stack. On a cluster the API server hands the requests on (`pods/proxy`), so that nothing has to
 * be opened; the sandbox's collectors listen on this machine, where an API server refuses to send anything.
 */
export async function collectorsOf(
  settings: Settings,
  env: Record<string, string>,
  sandbox: SandboxPaths | undefined,
): Promise<Collector[]> {
  if (sandbox !== undefined) {
    const pods = (await readAgentStatus(sandbox))?.pods ?? [];
    return pods.map(({ node, name, uiUrl }) => ({ node, pod: name, get: (path) => fetchText(new URL(path, uiUrl)) }));
  }
  const api = kubeConfigFor(settings, env).makeApiClient(CoreV1Api);
  const namespace = settings.namespace.name;
  const { items } = await api.listNamespacedPod({ namespace, labelSelector: `app.kubernetes.io/name=${names.app}` });
  return items.map(({ metadata, spec }) => {
    const pod = metadata?.name ?? "";
    return {
      node: spec?.nodeName ?? "no node yet",
      pod,
      get: (path) =>
        api.connectGetNamespacedPodProxyWithPath({
          name: `${pod}:${httpPort}`,
          namespace,
          path: path.replace(/^\//, ""),
        }),
    };
  });
}

/** Reads a collector's counters. */
export async function readDeliveries(collector: Collector, backend: Backend): Promise<Deliveries> {
  return deliveriesIn(parseMetrics(await collector.get("/metrics")), backend);
}

/** The counters of one backend among a collector's metrics. */
export function deliveriesIn(samples: readonly MetricSample[], backend: Backend): Deliveries {
  if (backend === "loki") {
    const taken = samples.filter(({ labels }) => /^2/.test(labels["status_code"] ?? ""));
    return {
      succeeded: sumOf(taken, "loki_write_request_duration_seconds_count"),
      retried: sumOf(samples, "loki_write_batch_retries_total"),
      lost: sumOf(samples, "loki_write_dropped_entries_total"),
    };
  }
  return {
    // The time of the newest sample that was taken.
    succeeded: sumOf(samples, "prometheus_remote_storage_queue_highest_sent_timestamp_seconds"),
    retried: sumOf(samples, "prometheus_remote_storage_samples_retried_total"),
    lost: sumOf(samples, "prometheus_remote_storage_samples_failed_total"),
  };
}

const component: Record<Backend, string> = {
  loki: "loki.write.default",
  prometheus: "prometheus.remote_write.default",
};

/** The users that a collector's component is set up with, as Alloy's own UI is told; passwords it does not tell. */
export async function usersOf(collector: Collector, backend: Backend): Promise<string[]> {
  return namedValues(JSON.parse(await collector.get(`/api/v0/web/components/${component[backend]}`)), "username");
}

/** The texts of every attribute of that name, in what Alloy's UI is told of a component. */
export function namedValues(value: unknown, name: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => namedValues(item, name));
  if (typeof value !== "object" || value === null) return [];
  const { name: own, value: inner } = value as { name?: unknown; value?: { value?: unknown } };
  if (own === name && typeof inner?.value === "string") return [inner.value];
  return Object.values(value).flatMap((item) => namedValues(item, name));
}

async function fetchText(url: URL): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${url.href}: ${response.status}`);
  return response.text();
}
