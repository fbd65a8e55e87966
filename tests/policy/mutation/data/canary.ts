import type { Mutation } from "../mutation";
import { collector, containerWith, fields, pod } from "./fields";

const set = "DaemonSet/alloy-canary";
const canary = { name: "alloy-canary", image: "docker.io/grafana/loki-canary:3.7.8" };

export const canaryMutations: Mutation[] = [
  ...fields("alloy-canary", "canary", set, [
    [`${pod}.volumes`, [{ name: "data", emptyDir: {} }]],
    [`${pod}.initContainers`, [containerWith(canary)]],
    [`${pod}.containers[1]`, containerWith(canary)],
    [`${collector}.command`, ["/bin/sh"]],
    [`${collector}.args[16]`, "-push"],
    [`${collector}.args[0]`, "-addr=loki.example.com:80"],
  ]),
  ...fields("alloy-mounts", "canary", set, [[`${collector}.env[0].valueFrom.secretKeyRef.key`, "loki.json"]]),
  ...fields("alloy-image", "canary", set, [[`${collector}.image`, "docker.io/grafana/loki-canary:3.7.7"]]),
  ...fields("alloy-pod-monitor", "canary", "PodMonitor/alloy-canary", [["spec.podMetricsEndpoints[0].port", "http"]]),
  ...fields("alloy-network", "canary", "NetworkPolicy/alloy-canary", [["spec.egress", [{}]]]),
  { rule: "alloy-one-collector", base: "canary", remove: [set] },
];
