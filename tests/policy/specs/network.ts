import { trafficOf } from "../../../policy/rules/alloy";
import { collectorTraffic } from "../../../policy/rules/alloy/network";
import { happyDaemonSet, happyNetworkPolicy, needs, settings } from "../happy";
import type { RuleSpec } from "../spec";

const everybody = { ipBlock: { cidr: "0.0.0.0/0" } };
const traffic = trafficOf(settings, needs, { namespace: "monitoring", daemonSet: "alloy" });
const stated = (destination: Parameters<typeof collectorTraffic>[0]["needs"][number]["destination"]) =>
  collectorTraffic({ ...traffic, needs: [{ host: "loki.example.com", destination }] });

const onlyLoki = (to: unknown, port: unknown) => () => {
  const policy = happyNetworkPolicy();
  const spec = policy.props["spec"] as { egress: unknown[] };
  spec.egress = [spec.egress[0], { to: [to], ports: [{ port }] }];
  return [policy, happyDaemonSet()];
};

const { scrapeNamespace: _, ...unscraped } = traffic;

export const networkSpecs: RuleSpec[] = [
  {
    rule: collectorTraffic({ ...unscraped, scrapeCidrs: [] }),
    happy: () => {
      const policy = happyNetworkPolicy();
      (policy.props["spec"] as { ingress: unknown[] }).ingress = [];
      return [policy, happyDaemonSet()];
    },
    failures: [
      {
        field: "spec.ingress",
        set: [{ from: [{ ipBlock: { cidr: "10.20.0.0/16" } }], ports: [{ port: 12345 }] }],
        says: "spec.ingress[0].from[0] is nobody who scrapes",
      },
    ],
    passes: [{ field: "spec.ingress" }],
    unknown: ["spec.ingress"],
  },
  {
    rule: collectorTraffic(traffic),
    happy: () => [happyNetworkPolicy(), happyDaemonSet()],
    failures: [
      { field: "metadata.namespace", set: "other", says: "is selected by no NetworkPolicy" },
      { field: "spec.podSelector", set: { matchLabels: { a: "b" } } },
      { field: "spec.policyTypes", set: ["Egress"], says: "policyTypes does not name Ingress" },
      { field: "spec.policyTypes" },
      { field: "spec.ingress[0].from", set: [], says: "spec.ingress[0].from is empty" },
      { field: "spec.ingress[0].from[1].ipBlock.cidr", set: "10.0.0.0/8", says: "spec.ingress[0].from[1]" },
      { field: "spec.ingress[0].from[0].namespaceSelector", set: {}, says: "spec.ingress[0].from[0]" },
      { field: "spec.ingress[0].ports[1]", set: { port: 22 }, says: "spec.ingress[0].ports" },
      { field: "spec.ingress[0].ports[0].endPort", set: 20000, says: "spec.ingress[0].ports" },
      { field: "spec.egress[9]", set: {}, says: "spec.egress[9].to is empty" },
      { field: "spec.egress[3].ports", says: "spec.egress[3].ports is empty" },
      { field: "spec.egress[3].to[0]", set: everybody, says: "spec.egress[3] opens a way" },
      { field: "spec.egress[2].to[0].ipBlock.cidr", set: "10.0.0.0/16", says: "spec.egress[2] opens a way" },
      { field: "spec.egress[1].ports[0].port", says: "spec.egress[1] opens a way" },
      { field: "spec.egress[1].ports[0].endPort", set: 65535, says: "spec.egress[1] opens a way" },
      { field: "spec.egress[3].ports[0].port", says: "spec.egress[3] opens a way" },
      { field: "spec.egress[4].ports[0].endPort", set: 9999, says: "spec.egress[4] opens a way" },
      { field: "spec.egress[3]", set: null, says: "spec.egress[3].to is empty" },
      {
        field: "spec.egress[0]",
        set: { to: [everybody], ports: [{ port: 53 }] },
        says: "spec.egress has no way to DNS",
      },
      { field: "spec.ingress", says: "spec.ingress lets nobody scrape" },
      { field: "spec.ingress", set: [], says: "spec.ingress lets nobody scrape" },
      { field: "spec.egress", set: [], says: "no way to loki-gateway.monitoring.svc" },
    ],
    passes: [{ field: "metadata.labels" }],
    unknown: ["spec.podSelector", "spec.policyTypes", "spec.ingress", "spec.egress", "spec.egress[3].to"],
  },
  {
    rule: stated({ kind: "addresses", cidrs: ["192.0.2.0/28"], port: 443 }),
    happy: onlyLoki({ ipBlock: { cidr: "192.0.2.0/28" } }, 443),
    failures: [
      { field: "spec.egress[1].to[0].ipBlock.cidr", set: "192.0.2.0/24", says: "spec.egress[1] opens a way" },
      { field: "spec.egress[1].ports[0].port", set: 80, says: "spec.egress[1] opens a way" },
      { field: "spec.egress[1].ports[0].protocol", set: "UDP", says: "spec.egress[1] opens a way" },
    ],
    unknown: ["spec.egress[1].to"],
  },
  {
    rule: stated({ kind: "pods", namespace: "loki", labels: { app: "gateway" }, port: 8080 }),
    happy: onlyLoki(
      {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "loki" } },
        podSelector: { matchLabels: { app: "gateway" } },
      },
      8080,
    ),
    failures: [
      { field: "spec.egress[1].to[0].podSelector.matchLabels", set: { app: "other" }, says: "spec.egress[1]" },
      { field: "spec.egress[1].to[0].podSelector", set: {}, says: "spec.egress[1]" },
      { field: "spec.egress[1].to[0].namespaceSelector", says: "spec.egress[1]" },
    ],
    unknown: ["spec.egress[1].to[0].podSelector"],
  },
];
