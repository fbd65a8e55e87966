import { destinationOf, hostAndPort, type Destination } from "../../../../settings/network/destination";
import type { Settings } from "../../../../settings/schema";
import { either, matching, optional, someOf, type Shape } from "../../../shape";
import { isObject } from "../../../values";
import { isServerAddress } from "../network-peers";
import { kubernetesObject, type Expected } from "./expected";
import { metadataOf, selectorOf } from "./labels";

const tcp = (port: Shape): Shape => ({ protocol: "TCP", port });
const addresses = (cidrs: readonly Shape[]): Shape[] => cidrs.map((cidr) => ({ ipBlock: { cidr } }));
const pods = (namespace: string, labels: Shape): Shape => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
  podSelector: { matchLabels: labels },
});

// The cluster's servers, and a cache on the node. Source: https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/
const dns: Shape = {
  to: [pods("kube-system", { "k8s-app": "kube-dns" }), ...addresses(["169.254.20.10/32"])],
  ports: onBoth(53),
};

/** DNS where most clusters have it, and where the settings say that this one has it, too. */
function waysToDns({ network }: Settings): Shape[] {
  const stated = network.dns.map(({ cidrs, podLabels, namespace, port }): Shape => ({
    to: cidrs === undefined ? [pods(namespace, podLabels ?? {})] : addresses(cidrs),
    ports: onBoth(port),
  }));
  return [dns, ...stated];
}

function onBoth(port: number): Shape[] {
  return [
    { protocol: "UDP", port },
    { protocol: "TCP", port },
  ];
}

// What only the Service says, which is not part of the stack.
const someLabels = matching("labels of pods", (value) => isObject(value) && Object.keys(value).length > 0);
const somePort = matching(
  "one port",
  (value) => (typeof value === "number" && value > 0) || (typeof value === "string" && /^[a-z0-9-]+$/.test(value)),
);
const serverAddress = matching("one address that an API server may have", isServerAddress);

/** One workload's NetworkPolicy: everything that it calls, in the order of its needs, and who scrapes it. */
export function expectedNetworkPolicy(
  settings: Settings,
  workload: "alloy" | "alloy-canary",
  port: number,
  called: readonly { host: string; port: number }[],
  place: { name: string },
): Expected {
  const from = scrapersOf(settings);
  return kubernetesObject("networking.k8s.io/v1", "NetworkPolicy", place, {
    metadata: metadataOf(settings, workload, workload),
    spec: {
      podSelector: { matchLabels: selectorOf(workload) },
      policyTypes: ["Ingress", "Egress"],
      ingress: from.length === 0 ? optional([]) : [{ from, ports: [tcp(port)] }],
      egress: egressOf(
        waysToDns(settings),
        called.map((one) => destinationOf(one.host, one.port, settings)),
      ),
    },
  });
}

function egressOf(toDns: readonly Shape[], destinations: readonly Destination[]): Shape {
  const withoutService = [...toDns, ...destinations.flatMap((one) => waysTo(one, false))];
  const apiServer = destinations.some(({ kind }) => kind === "api-server");
  return apiServer
    ? either([...toDns, ...destinations.flatMap((one) => waysTo(one, true))], withoutService)
    : withoutService;
}

/** @param byService whether the API server's Service has an address of its own, which is a way too */
function waysTo(destination: Destination, byService: boolean): Shape[] {
  const { port } = destination;
  switch (destination.kind) {
    case "addresses":
      return [{ to: addresses(destination.cidrs), ports: [tcp(port)] }];
    case "pods":
      return [{ to: [pods(destination.namespace, destination.labels)], ports: [tcp(port)] }];
    case "service":
      return [{ to: [pods(destination.namespace, someLabels)], ports: [tcp(somePort)] }];
    case "api-server":
      return [
        ...(byService ? [{ to: addresses([serverAddress]), ports: [tcp(port)] }] : []),
        { to: someOf({ ipBlock: { cidr: serverAddress } }), ports: someOf(tcp(somePort)) },
      ];
    case "unknown":
      return [];
  }
}

function scrapersOf(settings: Settings): Shape[] {
  const stated = addresses(settings.network.scrapeCidrs);
  if (!settings.selfMonitoring.enabled) return stated;
  const { host, port } = hostAndPort(settings.prometheusUrl);
  const prometheus = destinationOf(host, port, settings);
  if (prometheus.kind === "pods") return [pods(prometheus.namespace, prometheus.labels), ...stated];
  if (prometheus.kind === "service") return [pods(prometheus.namespace, someLabels), ...stated];
  return stated;
}
