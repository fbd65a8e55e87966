import { formatDuration, parseDuration } from "../../kit/units";
import type { Settings } from "../../settings/schema";
import { credentialFiles } from "../credential-files";
import { authorityPart, backendEgress, headersPart, identityPart, proxyPart } from "../endpoint";
import { noNeeds } from "../needs";
import { proxyEnv } from "../proxy";
import { part, variables, type Section } from "../section";
import { authPart, fileNeeds } from "./credentials";

/** The node's own metrics, and sending them to Prometheus. */
export const metrics: Section = {
  name: "metrics",
  isOn: (settings) => settings.metrics.enabled,
  content: (settings) => ({
    values: {
      metricsJob: settings.metrics.job,
      metricsInterval: settings.metrics.scrapeInterval,
      metricsTimeout: shorter(settings.metrics.scrapeInterval, "10s"),
      prometheusUrl: settings.prometheusUrl,
      metricsWalTruncate: formatDuration((parseDuration(settings.wal.outageBudget) ?? 0) / 2),
      metricsWalKeepSent: shorter(settings.wal.outageBudget, "5m"),
      metricsWalKeep: settings.wal.outageBudget,
    },
    parts: {
      prometheus_headers: headersPart(settings),
      prometheus_auth: authPart("prometheus", settings),
      prometheus_identity: identityPart(settings),
      prometheus_authority: authorityPart("prometheus", settings),
      prometheus_proxy: proxyPart("prometheus", settings),
      prometheus_queue: queuePart(settings),
    },
  }),
  needs: (settings) => ({
    ...noNeeds,
    env: [variables.clusterName, variables.nodeName, ...proxyEnv(settings)],
    files: fileNeeds(credentialFiles(settings).prometheus, "prometheus.remote_write"),
    writablePaths: [settings.wal.path],
    egress: backendEgress(settings, "prometheus"),
  }),
};

// Alloy sends a batch that is not full after batch_send_deadline, 5s by default (prometheus.remote_write, queue_config).
function queuePart({ metrics }: Settings): string {
  const sendWithin = shorter(metrics.scrapeInterval, "5s");
  return sendWithin === "5s" ? "" : part("send-within", { values: { sendWithin } });
}

function shorter(a: string, b: string): string {
  return (parseDuration(a) ?? 0) < (parseDuration(b) ?? 0) ? a : b;
}
