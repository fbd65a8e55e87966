import { authorityKey } from "../settings/authorities";
import { backends, type Backend } from "../settings/credentials";
import { remoteWriteHeaders } from "../settings/prometheus/headers";
import { identityServer, podIdentityAgent } from "../settings/prometheus/identity";
import { nextHop, proxyFor } from "../settings/proxy";
import type { Settings } from "../settings/schema";
import { configDirectory } from "./certificates";
import type { EgressNeed } from "./needs";
import { part } from "./section";

/** What an endpoint of `loki.write` or `prometheus.remote_write` has beside its URL and its credential. */

const urlOf = (settings: Settings, backend: Backend): string =>
  backend === "loki" ? settings.lokiUrl : settings.prometheusUrl;

/** A CA of the company's own. With mTLS the credential brings it along. */
export function authorityPart(backend: Backend, settings: Settings): string {
  if (settings[`${backend}CaFile`] === undefined) return "";
  return part("authority", { values: { authorityFile: `${configDirectory}/${authorityKey(backend)}` } });
}

/** The files that the settings name as CAs, by their key in the ConfigMap. */
export function authorityFiles(settings: Settings): { backend: Backend; key: string; file: string }[] {
  const isOn = { loki: settings.logs.enabled, prometheus: settings.metrics.enabled };
  return backends.flatMap((backend) => {
    const file = settings[`${backend}CaFile`];
    return file === undefined || !isOn[backend] ? [] : [{ backend, key: authorityKey(backend), file }];
  });
}

/** The proxy, where the URL is outside of the cluster. */
export function proxyPart(backend: Backend, settings: Settings): string {
  const url = proxyFor(urlOf(settings, backend), settings);
  return url === undefined ? "" : part("proxy", { values: { proxyUrl: url } });
}

/** Headers of remote write: the tenant, and what a gateway routes by. */
export function headersPart(settings: Settings): string {
  const headers = remoteWriteHeaders(settings).map(([name, value]) => [JSON.stringify(name), JSON.stringify(value)]);
  if (headers.length === 0) return "";
  const width = Math.max(...headers.map(([name = ""]) => name.length));
  const lines = headers.map(([name = "", value = ""]) => `\t${name.padEnd(width)} = ${value},`);
  return ["headers = {", ...lines, "}"].join("\n");
}

/** How remote write shows the collectors' identity in a cloud. */
export function identityPart({ prometheusIdentity: identity }: Settings): string {
  if (identity?.aws !== undefined) return part("sigv4", { values: { awsRegion: identity.aws.region } });
  if (identity?.azure === undefined) return "";
  const { clientId, tenantId, cloud } = identity.azure;
  return part("azuread", { values: { azureClient: clientId, azureTenant: tenantId, azureCloud: cloud } });
}

/** Where the connections for a backend go. */
export function backendEgress(settings: Settings, backend: Backend): EgressNeed[] {
  const why = backend === "loki" ? "loki.write" : "prometheus.remote_write";
  const way = { ...nextHop(urlOf(settings, backend), settings), why };
  const identity = backend === "prometheus" ? settings.prometheusIdentity : undefined;
  if (identity === undefined) return [way];
  const server = identityServer(identity);
  // The agent is on the node itself, which no proxy reaches.
  const hop = server.host === podIdentityAgent ? server : nextHop(`https://${server.host}/`, settings);
  return [way, { ...hop, why: "the identity of prometheus.remote_write" }];
}
