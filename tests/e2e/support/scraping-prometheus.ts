import assert from "node:assert/strict";

import getPort from "get-port";
import { stringify } from "yaml";

import type { PodMonitorSpec } from "../../../components/self-monitoring";
import { ensureTools } from "../../../packages/sandbox/toolchain/ensure";
import { OwnServer } from "./own-server";
import { sandbox, stackObjects, type LiveObject } from "./sandbox";

/** How often it scrapes: a test has no hour. */
export const scrapeSeconds = 2;

/**
 * A Prometheus that scrapes the sandbox's collectors as the PodMonitor in the cluster asks, and evaluates the rules of
 * the PrometheusRule in the cluster. Debian's knows no Kubernetes: it is told the collectors' addresses.
 */
export async function scrapingPrometheus(): Promise<{ url: string; stop: () => Promise<void> }> {
  const { prometheus } = await ensureTools(["prometheus"], () => undefined);
  const monitor = await sandbox().get<LiveObject & { spec: PodMonitorSpec }>(stackObjects.PodMonitor);
  const { spec } = await sandbox().get<LiveObject & { spec: object }>(stackObjects.PrometheusRule);
  const [endpoint] = monitor.spec.podMetricsEndpoints;
  const { pods } = await sandbox().agent();
  assert.ok(endpoint !== undefined && pods.length > 0);
  const cluster = endpoint.relabelings.find(({ targetLabel }) => targetLabel === "cluster")?.replacement;
  const [keep] = endpoint.metricRelabelings ?? [];
  assert.ok(cluster !== undefined && keep !== undefined);
  const [namespace = ""] = monitor.spec.namespaceSelector.matchNames;
  const config = {
    global: { scrape_interval: `${scrapeSeconds}s`, evaluation_interval: `${scrapeSeconds}s` },
    rule_files: ["rules.yaml"],
    scrape_configs: [
      {
        // What the Operator makes of the PodMonitor: its jobLabel, and the labels of the pod.
        job_name: "alloy",
        metrics_path: endpoint.path,
        static_configs: pods.map(({ node, name, uiUrl }) => ({
          targets: [new URL(uiUrl ?? "").host],
          labels: { cluster, node, namespace, pod: name, container: "alloy" },
        })),
        metric_relabel_configs: [{ action: keep.action, source_labels: keep.sourceLabels, regex: keep.regex }],
      },
    ],
  };
  const port = await getPort({ host: "127.0.0.1" });
  const url = `http://127.0.0.1:${port}`;
  const server = await OwnServer.start({
    name: "scraping-prometheus",
    command: prometheus.path,
    args: (folder) => [
      `--config.file=${folder}/prometheus.yaml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    files: () => ({ "prometheus.yaml": stringify(config), "rules.yaml": stringify(spec) }),
    readyUrl: `${url}/-/ready`,
  });
  return { url, stop: () => server.stop() };
}
