import { asArray, asObject, at, isAbsent, text, type Plain } from "../../values";

/** Whom a rule of a NetworkPolicy names. */
export type Peer = { kind: "pods"; namespace: string; labels: Plain } | { kind: "addresses"; cidr: string };

const namespaceName = "kubernetes.io/metadata.name";

/**
 * The peers of a rule. One that names more than pods by labels in one namespace, or a range of addresses, comes back as
 * the range of all addresses: what cannot be told apart from everybody is everybody.
 */
export function peersOf(peers: unknown): Peer[] {
  return asArray(peers).map((peer) => {
    const { ipBlock, namespaceSelector, podSelector } = asObject(peer);
    if (!isAbsent(ipBlock)) return { kind: "addresses", cidr: text(asObject(ipBlock)["cidr"]) || everybody };
    const namespace = text(asObject(at(namespaceSelector, "matchLabels"))[namespaceName]);
    const labels = asObject(at(podSelector, "matchLabels"));
    const isNarrow = namespace !== "" && Object.keys(labels).length > 0;
    return isNarrow ? { kind: "pods", namespace, labels } : { kind: "addresses", cidr: everybody };
  });
}

const everybody = "0.0.0.0/0";

/** `TCP 12345`, `UDP 53`, `TCP http-metrics`; a range of ports as `TCP 1:65535`, which is also what no port means. */
export function portsOf(ports: unknown): string[] {
  return asArray(ports).map((one) => {
    const { protocol, port, endPort } = asObject(one);
    const last = isAbsent(endPort) ? "" : `:${String(endPort)}`;
    return `${text(protocol) || "TCP"} ${isAbsent(port) ? "1:65535" : `${String(port)}${last}`}`;
  });
}

// Where nothing but the node itself, a cloud's metadata service or nobody answers: whoever reaches these has the node's
// own credentials. Sources: RFC 3927, RFC 4291, RFC 6890; docs of AWS (IMDS), Azure (168.63.129.16), Alibaba, Oracle
const neverServers = [
  /^(0|127|22[4-9]|23\d|24\d|25[0-5])\./,
  /^169\.254\./,
  /^(168\.63\.129\.16|100\.100\.100\.200|192\.0\.0\.192)$/,
  /^(::1?|fe[89ab][0-9a-f]:.*|ff[0-9a-f]{2}:.*|fd00:ec2::254)$/i,
];

/** Whether it is the CIDR of one address that an API server may have. */
export function isServerAddress(cidr: unknown): boolean {
  const [, four, six] = /^([\d.]+)\/32$|^([\da-f:.]+)\/128$/i.exec(text(cidr)) ?? [];
  const address = four ?? six;
  return address !== undefined && !neverServers.some((range) => range.test(address));
}
