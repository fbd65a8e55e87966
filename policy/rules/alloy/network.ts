/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
import type { Destination } from "../../../settings/network/destination";
import type { Settings } from "../../../settings/schema";
import { isKind, namespaceOf, objectsOf, pathIn, selects, type KubernetesObject } from "../../kubernetes";
import { podOf } from "../../pods";
import type { Report, StackRule } from "../../rule";
import { asArray, asObject, at, eachItem, text, texts, type Plain } from "../../values";
import { isServerAddress, peersOf, portsOf, type Peer } from "./network-peers";
import { isWorkload, type Workload } from "./workload";

/** What the traffic of one workload's pods may be. */
export interface Traffic extends Workload {
  /** The pods' own port. */
  port: number;
  /** Each host that the pods call and where it leads to. */
  needs: readonly { host: string; destination: Destination }[];
  /** Where DNS is beside its usual places, as the settings state it. */
  resolvers: Settings["network"]["dns"];
  /** Ranges of addresses that may scrape. */
  scrapeCidrs: readonly string[];
  /** Namespace of the pods that may scrape, undefined where none may. */
  scrapeNamespace?: string;
}

const dnsCache = "169.254.20.10/32";

/**
 * A policy that is there but lets everything through looks the same from outside as one that holds.
 *
 * @param canary what the canary's pods may do, where there are any
 */
export function collectorTraffic(traffic: Traffic, canary?: Traffic): StackRule {
  return {
    name: "alloy-network",
    description: "A NetworkPolicy denies the collectors everything but what their pipeline needs, in both directions.",
    severity: "high",
    remediation: "Let the program compute the NetworkPolicy: alloy:network says what no cluster can tell.",
    url: "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    stackCheck: (resources, reportOn) => {
      const objects = objectsOf(resources, reportOn);
      // Rule alloy-one-collector says where one is missing.
      const targets = [traffic, ...(canary === undefined ? [] : [canary])].flatMap((allowed) => {
        const set = objects.find((object) => isWorkload(object, allowed));
        return set === undefined ? [] : [{ allowed, set, labels: asObject(podOf(set)?.metadata()["labels"]) }];
      });
      if (targets.length === 0) return;
      const policies = objects.filter((object) => isKind(object, "networking.k8s.io", "NetworkPolicy"));
      const isSelecting = (policy: KubernetesObject, { allowed, labels }: (typeof targets)[number]): boolean =>
        namespaceOf(policy) === allowed.namespace && selects(at(policy.props, "spec", "podSelector"), labels);
      for (const target of targets)
        if (!policies.some((policy) => isSelecting(policy, target)))
          reportOn(target.set.resource).violation("", "is selected by no NetworkPolicy of this stack");
      for (const policy of policies) {
        const report = reportOn(policy.resource);
        const selected = targets.filter((target) => isSelecting(policy, target));
        if (selected.length === 0)
          report.violation(pathIn(policy, "spec", "podSelector"), "does not select the collector's pods");
        for (const { allowed } of selected) lookAt(policy, allowed, report);
      }
    },
  };
}

function lookAt(policy: KubernetesObject, traffic: Traffic, report: Report): void {
  const spec = asObject(policy.props["spec"]);
  const types = texts(spec["policyTypes"]);
  for (const type of ["Ingress", "Egress"])
    if (!types.includes(type))
      report.violation(pathIn(policy, "spec", "policyTypes"), `does not name ${type}, so all of it is allowed`);
  eachItem(spec["ingress"], pathIn(policy, "spec", "ingress"), report, (rule, path) =>
    lookAtIngress(asObject(rule), path, traffic, report),
  );
  const mayScrape = traffic.scrapeNamespace !== undefined || traffic.scrapeCidrs.length > 0;
  if (mayScrape && asArray(spec["ingress"]).length === 0)
    report.violation(pathIn(policy, "spec", "ingress"), "lets nobody scrape the collectors: their metrics would end");
  const open = new Set(["DNS", ...traffic.needs.map(({ host }) => host)]);
  eachItem(spec["egress"], pathIn(policy, "spec", "egress"), report, (rule, path) => {
    const peers = peersOf(asObject(rule)["to"]);
    const ports = portsOf(asObject(rule)["ports"]);
    if (peers.length === 0) report.violation(`${path}.to`, "is empty, which means everybody");
    else if (ports.length === 0) report.violation(`${path}.ports`, "is empty, which means every port");
    else {
      const served = servedBy(peers, ports, traffic);
      if (served.length === 0) report.violation(path, "opens a way that the pipeline does not need");
      for (const one of served) open.delete(one);
    }
  });
  for (const host of open)
    report.violation(
      pathIn(policy, "spec", "egress"),
      `has no way to ${host}, which the pipeline needs: it would deliver nothing and say so only in its own log`,
    );
}

function lookAtIngress(rule: Plain, path: string, traffic: Traffic, report: Report): void {
  const peers = peersOf(rule["from"]);
  const ports = portsOf(rule["ports"]);
  if (peers.length === 0) report.violation(`${path}.from`, "is empty, which means everybody");
  if (ports.length !== 1 || ports[0] !== `TCP ${traffic.port}`)
    report.violation(`${path}.ports`, "is not the collector's own port alone");
  peers.forEach((peer, i) => {
    const isScraper =
      peer.kind === "pods" ? peer.namespace === traffic.scrapeNamespace : traffic.scrapeCidrs.includes(peer.cidr);
    if (!isScraper) report.violation(`${path}.from[${i}]`, "is nobody who scrapes the collectors");
  });
}

/** What a rule of egress is for: hosts of the pipeline, or DNS; empty where it is for none of them. */
function servedBy(peers: readonly Peer[], ports: readonly string[], traffic: Traffic): string[] {
  const isDns =
    ports.every((port) => port === "UDP 53" || port === "TCP 53") &&
    peers.every((peer) =>
      peer.kind === "pods"
        ? peer.namespace === "kube-system" && peer.labels["k8s-app"] === "kube-dns"
        : peer.cidr === dnsCache,
    );
  const isStatedDns = traffic.resolvers.some((resolver) => resolves(peers, ports, resolver));
  const needs = traffic.needs.filter(({ destination }) => serves(peers, ports, destination));
  return [...(isDns ? ["DNS"] : []), ...(isStatedDns ? ["DNS of the settings"] : []), ...needs.map(({ host }) => host)];
}

function resolves(
  peers: readonly Peer[],
  ports: readonly string[],
  { cidrs = [], podLabels = {}, namespace, port }: Traffic["resolvers"][number],
): boolean {
  return (
    ports.every((one) => one === `UDP ${port}` || one === `TCP ${port}`) &&
    peers.every((peer) =>
      peer.kind === "pods" ? peer.namespace === namespace && isSame(peer.labels, podLabels) : cidrs.includes(peer.cidr),
    )
  );
}

function serves(peers: readonly Peer[], ports: readonly string[], destination: Destination): boolean {
  // One port by number or by name: a range, or none at all, opens more than any need.
  const [port = "", ...others] = ports;
  if (others.length > 0 || !/^TCP [a-z0-9-]+$/.test(port)) return false;
  const isOnPort = port === `TCP ${destination.port}`;
  switch (destination.kind) {
    case "addresses":
      return isOnPort && peers.every((peer) => peer.kind === "addresses" && destination.cidrs.includes(peer.cidr));
    case "pods":
      return (
        isOnPort &&
        peers.every(
          (peer) =>
            peer.kind === "pods" && peer.namespace === destination.namespace && isSame(peer.labels, destination.labels),
        )
      );
    case "service":
      // Which labels and which port of the pods, the Service says; it is not part of the stack.
      return peers.every((peer) => peer.kind === "pods" && peer.namespace === destination.namespace);
    case "api-server":
      // Single addresses: what the cluster says of itself is not part of the stack either.
      return peers.every((peer) => peer.kind === "addresses" && isServerAddress(peer.cidr));
    case "unknown":
      return false;
  }
}

function isSame(labels: Plain, wanted: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(wanted);
  return Object.keys(labels).length === keys.length && keys.every((key) => text(labels[key]) === wanted[key]);
}
