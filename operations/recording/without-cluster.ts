import { UserError } from "../../kit/user-error";
import { apiServerHost, destinationOf, hostAndPort } from "../../settings/network/destination";
import { stackFile } from "../../settings/parse-settings";
import type { Settings } from "../../settings/schema";

/**
 * What a recording says of a Service that it cannot read: a made-up one would make a NetworkPolicy that looks right and
 * holds nothing. It names every host that only a cluster knows, with a line to copy for each.
 */
export function withoutCluster(stack: string, settings: Settings): UserError {
  const hosts = hostsOfCluster(settings);
  return UserError.of(
    stackFile(stack),
    "alloy:network.destinations",
    `no cluster is asked here, and only a cluster knows what is behind ${hosts.join(", ")}`,
    [`state ${hosts.length === 1 ? "it" : "each of them"}, such as`, ...hosts.map(exampleFor)].join("\n        "),
  );
}

/** The hosts of the pipeline that are Services of the cluster, and the API server's, as the settings name them. */
function hostsOfCluster(settings: Settings): string[] {
  const { logs, lokiUrl, metrics, selfMonitoring, prometheusUrl, credentials, vault, canary, proxy } = settings;
  const urls = [
    ...(logs.enabled ? [lokiUrl] : []),
    ...(metrics.enabled || selfMonitoring.enabled ? [prometheusUrl] : []),
    ...(credentials.mode === "vault" && vault !== undefined ? [vault.address] : []),
    ...(canary.enabled && canary.address !== undefined ? [canary.address] : []),
    ...(proxy === undefined ? [] : [proxy.url]),
  ].map(hostAndPort);
  const asked = [...urls, { host: apiServerHost, port: 443 }].filter(({ host, port }) =>
    ["service", "api-server"].includes(destinationOf(host, port, settings).kind),
  );
  return [...new Set(asked.map(({ host }) => host))].sort();
}

const exampleFor = (host: string): string =>
  host === apiServerHost
    ? `${host}: { cidrs: [ADDRESS/32], port: 6443 } # kubectl -n default get endpointslices kubernetes`
    : `${host}: { namespace: NAMESPACE, podLabels: { app.kubernetes.io/name: NAME }, port: PORT } # or cidrs`;
