import { httpPort, selectorLabels } from "../../settings/names";
import type { Settings } from "../../settings/schema";

/** The fields of a NetworkPolicy that are used here. Source: k8s.io/api/networking/v1 NetworkPolicySpec. */
export interface NetworkPolicySpec {
  podSelector: LabelSelector;
  policyTypes: ("Ingress" | "Egress")[];
  ingress: { from: NetworkPeer[]; ports: NetworkPort[] }[];
  egress: NetworkWay[];
}

/** One rule of egress: to whom, on which ports. */
export interface NetworkWay {
  to: NetworkPeer[];
  ports: NetworkPort[];
}

/** Pods by labels in one namespace, or a range of addresses. */
export type NetworkPeer =
  { namespaceSelector: LabelSelector; podSelector: LabelSelector } | { ipBlock: { cidr: string } };

/** A number, or the name that the receiving container gives its port. */
export interface NetworkPort {
  protocol: "TCP" | "UDP";
  port: number | string;
}

interface LabelSelector {
  matchLabels: Record<string, string>;
}

/** The label that every namespace has by itself. Source: kubernetes.io, Automatic labelling of namespaces */
const namespaceName = "kubernetes.io/metadata.name";

export const tcp = (port: number | string): NetworkPort => ({ protocol: "TCP", port });

export const addresses = (cidrs: readonly string[]): NetworkPeer[] => cidrs.map((cidr) => ({ ipBlock: { cidr } }));

export const pods = (namespace: string, labels: Readonly<Record<string, string>>): NetworkPeer => ({
  namespaceSelector: { matchLabels: { [namespaceName]: namespace } },
  podSelector: { matchLabels: { ...labels } },
});

/**
 * DNS: the cluster's own servers, and a cache on the node itself, which has this address by convention.
 * Source: https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/
 */
const usualDns: NetworkWay = {
  to: [pods("kube-system", { "k8s-app": "kube-dns" }), ...addresses(["169.254.20.10/32"])],
  ports: onBoth(53),
};

/** The ways to DNS: the usual ones, and those that the settings state. */
export function waysToDns({ network }: Pick<Settings, "network">): NetworkWay[] {
  const stated = network.dns.map(({ cidrs, podLabels = {}, namespace, port }) => ({
    to: cidrs === undefined ? [pods(namespace, podLabels)] : addresses(cidrs),
    ports: onBoth(port),
  }));
  return [usualDns, ...stated];
}

function onBoth(port: number): NetworkPort[] {
  return [
    { protocol: "UDP", port },
    { protocol: "TCP", port },
  ];
}

/**
 * Everything else is denied, in both directions. The kubelet's probes come from the pod's own node, which a
 * NetworkPolicy does not hold back. Source: kubernetes.io, Network Policies, "traffic to and from the node"
 *
 * @param ways what the pods need, with DNS in front
 * @param scrapers who may read the pods' own metrics; nobody where it is empty
 * @param target whose traffic it is, and on which port they are scraped: the collectors'
 */
export function networkPolicySpec(
  ways: readonly NetworkWay[],
  scrapers: readonly NetworkPeer[],
  target: { labels: Readonly<Record<string, string>>; port: number } = { labels: selectorLabels, port: httpPort },
): NetworkPolicySpec {
  return {
    podSelector: { matchLabels: { ...target.labels } },
    policyTypes: ["Ingress", "Egress"],
    ingress: scrapers.length === 0 ? [] : [{ from: [...scrapers], ports: [tcp(target.port)] }],
    egress: [...ways],
  };
}

/** The part of a Service that says which pods are behind it. */
export interface ServiceSpec {
  selector?: Readonly<Record<string, string>>;
  ports?: readonly { port: number; targetPort?: number | string }[];
}

/** What is wrong with a Service as a destination, and what to do. */
export class ServiceProblem extends Error {
  constructor(
    problem: string,
    readonly remedy: string,
  ) {
    super(problem);
  }
}

/**
 * The pods behind a Service, on the port on which they listen: a NetworkPolicy is asked after the Service's own
 * address and port have been replaced by a pod's.
 *
 * @throws ServiceProblem where the cluster has no pods to name for it
 */
export function wayToService(namespace: string, name: string, port: number, spec: ServiceSpec): NetworkWay {
  const { selector = {}, ports = [] } = spec;
  const place = `Service ${name} in namespace ${namespace}`;
  if (Object.keys(selector).length === 0)
    throw new ServiceProblem(`${place} selects no pods`, "state its addresses in alloy:network.destinations");
  const found = ports.find((one) => one.port === port);
  if (found === undefined)
    throw new ServiceProblem(
      `${place} has no port ${port}`,
      `write one that it has in the URL: ${ports.map((one) => one.port).join(", ")}`,
    );
  return { to: [pods(namespace, selector)], ports: [tcp(found.targetPort ?? port)] };
}

/** The API server: by its Service's address, and by its own, since network plugins differ in which one they see. */
export function waysToApiServer(
  service: { clusterIP?: string },
  servicePort: number,
  slice: { addresses: string[]; ports: number[] },
  cidrOf: (address: string) => string,
): NetworkWay[] {
  const { clusterIP = "" } = service;
  const own = { to: addresses([...slice.addresses].sort().map(cidrOf)), ports: slice.ports.map(tcp) };
  const byService = clusterIP === "" ? [] : [{ to: addresses([cidrOf(clusterIP)]), ports: [tcp(servicePort)] }];
  if (own.to.length === 0 || own.ports.length === 0)
    throw new ServiceProblem(
      "the Service kubernetes has no address behind it",
      "state it in alloy:network.destinations",
    );
  return [...byService, own];
}
