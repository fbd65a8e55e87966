import type { Mutation } from "../mutation";
import { additions, fields } from "./fields";

const policy = "NetworkPolicy/alloy";
const everybody = { ipBlock: { cidr: "0.0.0.0/0" } };
const inMonitoring = { "kubernetes.io/metadata.name": "monitoring" };

export const networkMutations: Mutation[] = [
  { rule: "alloy-network", base: "network", remove: [policy] },
  ...fields("alloy-network", "network", policy, [
    ["spec.podSelector.matchLabels", { "app.kubernetes.io/name": "other" }],
    ["spec.policyTypes", ["Ingress"]],
    ["spec.policyTypes"],
    ["spec.ingress[0].from"],
    ["spec.ingress[0].from[0]", everybody],
    ["spec.ingress[0].from[0].podSelector"],
    ["spec.ingress[0].ports[0].port", 80],
    ["spec.ingress[0].ports"],
    ["spec.ingress"],
    ["spec.ingress[1]", {}],
    ["spec.egress", [{}]],
    ["spec.egress[0].to"],
    ["spec.egress[1].ports"],
    ["spec.egress[1].ports[0].port"],
    ["spec.egress[2].ports[0].endPort", 65535],
    ["spec.egress[2].to[0]", everybody],
    ["spec.egress[3].ports[0].endPort", 65535],
    ["spec.egress[9]", { to: [everybody], ports: [{ protocol: "TCP", port: 443 }] }],
    ["spec.egress[8]", { to: [{ namespaceSelector: {} }], ports: [{ protocol: "TCP", port: 8080 }] }],
    [
      "spec.egress[7]",
      {
        to: [{ namespaceSelector: { matchLabels: inMonitoring }, podSelector: {} }],
        ports: [{ protocol: "TCP", port: 8080 }],
      },
    ],
    ["spec.egress"],
  ]),
  ...additions("alloy-network", "network", [
    {
      type: "kubernetes:networking.k8s.io/v1:NetworkPolicy",
      name: "extra",
      props: {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "extra", namespace: "monitoring" },
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"], egress: [{}] },
      },
    },
  ]),
];
