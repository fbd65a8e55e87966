import type { z } from "zod";

import { destinationOf, hostAndPort } from "./destination";
import { refuse } from "../cross-field-check";
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
];

/** Refuses settings that no NetworkPolicy can be made from. */
export function checkNetwork(settings: Read, context: z.core.$RefinementCtx): void {
  if (!settings.network.enabled) return;
  const urls = [
    ...(settings.logs.enabled ? [["lokiUrl", settings.lokiUrl] as const] : []),
    ...(settings.credentials.mode === "vault" && settings.vault
      ? [["vault.address", settings.vault.address] as const]
      : []),
    ...(settings.metrics.enabled ? [["prometheusUrl", settings.prometheusUrl] as const] : []),
    ...(settings.canary.enabled && settings.canary.address !== undefined
      ? [["canary.address", settings.canary.address] as const]
      : []),
  ];
  for (const [key, url] of urls) {
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
