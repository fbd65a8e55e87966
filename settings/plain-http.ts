import type { z } from "zod";

import { authenticates, type credentials } from "./credentials";
import { refuse } from "./cross-field-check";
import { isInside, type Inside } from "./network/inside";
import type { vault } from "./vault";

// Not of Settings, whose type is inferred from the schema that this rule is part of.
interface Read extends Inside {
  lokiUrl: string;
  prometheusUrl: string;
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
