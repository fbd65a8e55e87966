import type { z } from "zod";

import { refuse } from "./cross-field-check";
import { isExampleHost } from "./fields/placeholder";

// Not of Settings, whose type is inferred from the schema that this check is part of.
interface Read {
  environment: string;
  lokiUrl: string;
  prometheusUrl: string;
  vault?: { address: string };
  canary: { address?: string };
  dataSource: { url?: string };
  proxy?: { url: string };
}

/** The settings that {@link checkFilledIn} reads. */
export const readByFilledInCheck = [
  ["environment"],
  ["lokiUrl"],
  ["prometheusUrl"],
  ["vault"],
  ["canary", "address"],
  ["dataSource", "url"],
  ["proxy"],
];

/**
 * Refuses hosts that are reserved for documentation: such a name was copied and not replaced, and nobody answers for it.
 * In the environment `local`, which is for trying out, they may stand: nothing is lost there.
 */
export function checkFilledIn(settings: Read, context: z.core.$RefinementCtx): void {
  if (settings.environment === "local") return;
  const urls = [
    ["lokiUrl", settings.lokiUrl],
    ["prometheusUrl", settings.prometheusUrl],
    ["vault.address", settings.vault?.address],
    ["canary.address", settings.canary.address],
    ["dataSource.url", settings.dataSource.url],
    ["proxy.url", settings.proxy?.url],
  ] as const;
  for (const [key, url] of urls) {
    if (url === undefined) continue;
    const { hostname } = new URL(url);
    if (isExampleHost(hostname))
      refuse(
        context,
        key,
        `still names ${hostname}, a host of examples that nobody answers for`,
        "write the host that is meant",
      );
  }
}
