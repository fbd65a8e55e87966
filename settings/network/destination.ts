import { isIP } from "node:net";

import type { Settings } from "../schema";

/** What a NetworkPolicy has to let the collectors reach for one host and port of their pipeline. */
export type Destination =
  /** Addresses, outside of the cluster or stated. */
  | { kind: "addresses"; cidrs: string[]; port: number }
  /** Pods that the settings state, where no cluster can be asked. */
  | { kind: "pods"; namespace: string; labels: Record<string, string>; port: number }
  /** A Service: the cluster knows its pods, and on which port they listen. */
  | { kind: "service"; namespace: string; name: string; port: number }
  /** The Kubernetes API itself, whose addresses the cluster knows. */
  | { kind: "api-server"; port: number }
  /** A name outside of the cluster: a NetworkPolicy knows addresses only, and nobody has stated them. */
  | { kind: "unknown"; port: number };

/** The host by which a pod reaches its API server. */
export const apiServerHost = "kubernetes.default.svc";

/**
 * Where a host of a URL leads to. What `alloy:network.destinations` states comes first; then an address is itself, and
 * a name is read as a pod's DNS reads it: NAME is a Service of the own namespace, NAME.NAMESPACE[.svc[.…]] one of
 * another. Source: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
 */
export function destinationOf(
  host: string,
  port: number,
  { network, namespace }: Pick<Settings, "network" | "namespace">,
): Destination {
  const address = host.replace(/^\[|\]$/g, "");
  // An IPv6 address stands in brackets in a URL, and may be stated without.
  const stated = network.destinations[host] ?? network.destinations[address];
  if (stated?.cidrs !== undefined) return { kind: "addresses", cidrs: stated.cidrs, port: stated.port ?? port };
  if (stated?.podLabels !== undefined)
    return {
      kind: "pods",
      namespace: stated.namespace ?? namespace.name,
      labels: stated.podLabels,
      port: stated.port ?? port,
    };
  if (host === apiServerHost) return { kind: "api-server", port };
  if (isIP(address) !== 0) return { kind: "addresses", cidrs: [singleAddress(address)], port };
  const [name = "", inNamespace = namespace.name, service, ...rest] = host.split(".");
  const isService = service === undefined || (service === "svc" && (rest.length === 0 || rest.length >= 2));
  return isService ? { kind: "service", namespace: inNamespace, name, port } : { kind: "unknown", port };
}

/** The CIDR of one address. */
export function singleAddress(address: string): string {
  return `${address}/${isIP(address) === 6 ? 128 : 32}`;
}

/** Host and port of a URL. */
export function hostAndPort(url: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname, port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port) };
}
