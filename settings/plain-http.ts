import type { z } from "zod";

import { authenticates, type credentials } from "./credentials";
import { refuse } from "./cross-field-check";
import { destinationOf, hostAndPort } from "./network/destination";
import type { network } from "./network/schema";
import type { vault } from "./vault";

// Not of Settings, whose type is inferred from the schema that this rule is part of.
interface Read {
  lokiUrl: string;
  prometheusUrl: string;
  namespace: { name: string; managed: boolean };
  network: z.infer<typeof network>;
  logs: { enabled: boolean };
  metrics: { enabled: boolean };
  vault?: z.infer<typeof vault>;
  credentials: z.infer<typeof credentials>;
}

/** Groups of settings that {@link checkPlainHttp} reads. */
export const readByPlainHttpCheck = [
  ["lokiUrl"],
  ["prometheusUrl"],
  ["network"],
  ["namespace"],
  ["logs", "enabled"],
  ["metrics", "enabled"],
  ["vault"],
  ["credentials"],
];

// What a name of two parts ends in outside of a cluster: every country, the usual domains, and those of offices.
const domain =
  /^([a-z]{2}|com|net|org|edu|gov|mil|int|info|biz|name|pro|app|dev|cloud|tech|online|site|xyz|systems|network|internal|local|localdomain|lan|corp|home|intranet|intra|private|test|example|invalid)$/i;

/**
 * A password that goes over http is read by everybody on the way, and whoever answers for the name gets it. Inside of the
 * cluster and on the machine itself there is no such way.
 */
export function checkPlainHttp(settings: Read, context: z.core.$RefinementCtx): void {
  const { credentials, vault, logs, metrics, lokiUrl, prometheusUrl } = settings;
  const urls = [
    ...(vault !== undefined && ["secret", "vault"].includes(credentials.mode)
      ? [["vault.address", vault.address] as const]
      : []),
    ...(logs.enabled && authenticates(credentials, "loki") ? [["lokiUrl", lokiUrl] as const] : []),
    ...(metrics.enabled && authenticates(credentials, "prometheus") ? [["prometheusUrl", prometheusUrl] as const] : []),
  ];
  for (const [key, url] of urls)
    if (/^http:/i.test(url) && !isInside(url, settings))
      refuse(
        context,
        key,
        "is http, and a credential goes there: everybody on the way could read it",
        "write https://, or the name of a Service of the cluster (NAME.NAMESPACE.svc)",
      );
}

function isInside(url: string, settings: Read): boolean {
  const { host, port } = hostAndPort(url);
  if (/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(host)) return true;
  if (settings.network.destinations[host]?.podLabels !== undefined) return true;
  // By its name alone: that its addresses are stated does not say where they are.
  const { kind } = destinationOf(host, port, { ...settings, network: { ...settings.network, destinations: {} } });
  const parts = host.split(".");
  return kind === "api-server" || (kind === "service" && !(parts.length === 2 && domain.test(parts[1] ?? "")));
}
