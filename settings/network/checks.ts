import type { z } from "zod";

import { destinationOf, hostAndPort } from "./destination";
import { refuse } from "../cross-field-check";
import { identityServer } from "../prometheus/identity";
import { proxyFor } from "../proxy";
import type { Settings } from "../schema";

type Read = Pick<
  Settings,
  | "lokiUrl"
  | "prometheusUrl"
  | "network"
  | "namespace"
  | "logs"
  | "metrics"
  | "selfMonitoring"
  | "vault"
  | "credentials"
  | "canary"
  | "proxy"
  | "prometheusIdentity"
>;

/** The settings that {@link checkNetwork} reads. */
export const readByNetworkCheck = [
  ["lokiUrl"],
  ["prometheusUrl"],
  ["network"],
  ["namespace"],
  ["logs", "enabled"],
  ["metrics", "enabled"],
  ["selfMonitoring", "enabled"],
  ["vault"],
  ["credentials", "mode"],
  ["canary"],
  ["proxy"],
  ["prometheusIdentity"],
];

/** Refuses settings that no NetworkPolicy can be made from. */
export function checkNetwork(settings: Read, context: z.core.$RefinementCtx): void {
  if (!settings.network.enabled) return;
  const identity = settings.prometheusIdentity && identityServer(settings.prometheusIdentity);
  const called = [
    ...(settings.logs.enabled ? [["lokiUrl", settings.lokiUrl] as const] : []),
    ...(settings.credentials.mode === "vault" && settings.vault
      ? [["vault.address", settings.vault.address] as const]
      : []),
    ...(settings.metrics.enabled ? [["prometheusUrl", settings.prometheusUrl] as const] : []),
    ...(settings.metrics.enabled && identity?.port === 443
      ? [["prometheusIdentity", `https://${identity.host}`] as const]
      : []),
  ];
  // What goes through the proxy needs a way to the proxy and no other. The canary does not use one.
  const direct = called.filter(([, url]) => proxyFor(url, settings) === undefined);
  const { canary, proxy, lokiUrl } = settings;
  const asked = canary.address ?? (proxy === undefined ? undefined : lokiUrl);
  const hops = [
    ...direct,
    ...(proxy !== undefined && direct.length < called.length ? [["proxy.url", proxy.url] as const] : []),
    ...(canary.enabled && asked !== undefined ? [["canary.address", asked] as const] : []),
  ];
  for (const [key, url] of hops) {
    const { host, port } = hostAndPort(url);
    if (destinationOf(host, port, settings).kind === "unknown")
      refuse(
        context,
        "network.destinations",
        `has no entry for ${host} (alloy:${key}): it is not a Service of the cluster, and a NetworkPolicy knows only addresses`,
        `write ${host}: { cidrs: [ADDRESS/32] }`,
      );
  }
  if (!settings.selfMonitoring.enabled || settings.network.scrapeCidrs.length > 0) return;
  const { host, port } = hostAndPort(settings.prometheusUrl);
  const { kind } = destinationOf(host, port, settings);
  if (kind !== "pods" && kind !== "service")
    refuse(
      context,
      "network.scrapeCidrs",
      "is empty, and alloy:prometheusUrl names no pods of this cluster, so nobody could scrape the collectors",
      "write the addresses of your Prometheus, or set alloy:selfMonitoring: { enabled: false }",
    );
}
