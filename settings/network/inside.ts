import type { z } from "zod";

import { destinationOf, hostAndPort } from "./destination";
import type { network } from "./schema";

/** What decides whether a URL leads out of the cluster. */
export interface Inside {
  namespace: { name: string; managed: boolean };
  network: z.infer<typeof network>;
}

// What a name of two parts ends in outside of a cluster: every country, the usual domains, and those of offices.
const domain =
  /^([a-z]{2}|com|net|org|edu|gov|mil|int|info|biz|name|pro|app|dev|cloud|tech|online|site|xyz|systems|network|internal|local|localdomain|lan|corp|home|intranet|intra|private|test|example|invalid)$/i;

/** Whether a URL leads to the machine itself or to pods of the cluster. */
export function isInside(url: string, settings: Inside): boolean {
  const { host, port } = hostAndPort(url);
  if (/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(host)) return true;
  const { destinations } = settings.network;
  if ((destinations[host] ?? destinations[host.replace(/^\[|\]$/g, "")])?.podLabels !== undefined) return true;
  // By its name alone: that its addresses are stated does not say where they are.
  const { kind } = destinationOf(host, port, { ...settings, network: { ...settings.network, destinations: {} } });
  const parts = host.split(".");
  return kind === "api-server" || (kind === "service" && !(parts.length === 2 && domain.test(parts[1] ?? "")));
}
