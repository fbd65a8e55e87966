import { trafficOf } from "../../../policy/rules/alloy";
import { collectorBinding } from "../../../policy/rules/alloy/binding";
import { canaryShape } from "../../../policy/rules/alloy/canary";
import { collectorImage } from "../../../policy/rules/alloy/image";
import { collectorMounts } from "../../../policy/rules/alloy/mounts";
import { collectorTraffic } from "../../../policy/rules/alloy/network";
import { oneCollector } from "../../../policy/rules/alloy/one-collector";
import { podMonitorSelects } from "../../../policy/rules/alloy/pod-monitor";
import { happyDaemonSet, happyNetworkPolicy, happyPodMonitor, needs, settings } from "../happy";
import { canary, canaryTraffic, happyCanary, happyCanaryMonitor, happyCanaryPolicy } from "../happy-canary";
import type { RuleSpec } from "../spec";

const spec = "spec.template.spec";
const container = `${spec}.containers[0]`;
const place = { namespace: "monitoring", daemonSet: "alloy" };
const identity = { namespace: "monitoring", serviceAccount: "alloy", clusterRole: "alloy" };

/** What the rules for collectors say of the canary, and what only its own rule says. */
export const canarySpecs: RuleSpec[] = [
  {
    rule: canaryShape(canary),
    happy: happyCanary,
    failures: [
      { field: `${spec}.volumes`, set: [{ name: "data", emptyDir: {} }] },
      { field: `${spec}.containers[1]`, set: { name: "alloy-canary" }, says: `${spec}.containers holds 2` },
      { field: `${spec}.containers`, set: [], says: `${spec}.containers holds 0` },
      { field: `${spec}.initContainers`, set: [{ name: "alloy-canary" }] },
      { field: `${spec}.ephemeralContainers`, set: [{ name: "alloy-canary" }] },
      { field: `${container}.name`, set: "alloy" },
      { field: `${container}.command`, set: ["/bin/sh"] },
      { field: `${container}.volumeMounts`, set: [{ name: "data", mountPath: "/data" }] },
      { field: `${container}.lifecycle`, set: { preStop: { exec: { command: ["a"] } } } },
      { field: `${container}.args[3]`, set: "-push", says: `${container}.args sends lines to Loki itself` },
      { field: `${container}.args[3]`, set: "--push=true", says: `${container}.args sends lines to Loki itself` },
      { field: `${container}.args[3]`, set: "-insecure=1", says: `${container}.args takes any certificate` },
      {
        field: `${container}.args[0]`,
        set: "-addr=loki.example.com:80",
        says: `${container}.args does not hold -addr=`,
      },
      { field: `${container}.args[3]`, set: "--addr=loki.example.com:80", says: `${container}.args does not hold` },
      { field: `${container}.args[3]`, set: "-tls", says: `${container}.args holds -tls` },
      { field: `${container}.args`, says: `${container}.args does not hold` },
    ],
    passes: [
      { field: `${container}.args[3]`, set: "-push=false" },
      { field: `${spec}.volumes`, set: [] },
    ],
    unknown: [
      spec,
      `${spec}.volumes`,
      `${spec}.initContainers`,
      container,
      `${container}.args`,
      `${container}.args[1]`,
      `${container}.command`,
    ],
  },
  {
    rule: canaryShape({ ...canary, tls: true }),
    happy: () => {
      const set = happyCanary();
      const { template } = set.props["spec"] as { template: { spec: { containers: { args: string[] }[] } } };
      template.spec.containers[0]?.args.push("-tls");
      return set;
    },
    failures: [{ field: `${container}.args[3]`, set: "-tls=false", says: `${container}.args lacks -tls` }],
    unknown: [`${container}.args[3]`],
  },
  {
    rule: collectorImage(settings.image, canary),
    happy: happyCanary,
    failures: [
      { field: `${container}.image`, set: settings.image },
      { field: `${container}.image`, set: "docker.io/grafana/loki-canary:3.6.0" },
      { field: "metadata.name", set: "other", says: `${container}.image is not the image of alloy:image` },
      { field: "metadata.namespace", set: "other", says: `${container}.image is not the image of alloy:image` },
    ],
    unknown: [`${container}.image`],
  },
  {
    rule: collectorBinding(identity, canary),
    happy: happyCanary,
    failures: [
      { field: `${spec}.serviceAccountName`, set: "alloy" },
      { field: `${spec}.serviceAccountName` },
      { field: "metadata.name", set: "other", says: `${spec}.serviceAccountName is not the collector's` },
    ],
    unknown: [`${spec}.serviceAccountName`],
  },
  {
    rule: collectorMounts({ secretName: "alloy-credentials", files: needs.files, container: "alloy", canary }),
    happy: happyCanary,
    failures: [
      { field: `${container}.env[0].valueFrom.secretKeyRef.name`, set: "other", says: `${container}.env[0].valueFrom` },
      { field: `${container}.env[1].valueFrom.secretKeyRef.key`, set: "token", says: `${container}.env[1].valueFrom` },
      { field: `${container}.env[1].name`, set: "OTHER", says: `${container}.env[1].valueFrom` },
      { field: `${container}.name`, set: "other", says: `${container}.env[0].valueFrom` },
      { field: "metadata.name", set: "alloy", says: `${container}.env[0].valueFrom` },
      { field: `${container}.envFrom`, set: [{ secretRef: { name: "loki-reader" } }] },
      {
        field: `${spec}.initContainers`,
        set: [
          {
            name: "alloy-canary",
            env: [{ name: "LOKI_PASSWORD", valueFrom: { secretKeyRef: { name: "loki-reader", key: "password" } } }],
          },
        ],
        says: `${spec}.initContainers[0].env[0].valueFrom`,
      },
    ],
    passes: [{ field: `${container}.env` }],
    unknown: [`${container}.env`, `${container}.env[1].valueFrom.secretKeyRef.name`],
  },
  {
    rule: oneCollector(place, canary),
    happy: () => [happyCanary(), happyDaemonSet()],
    failures: [
      { field: "metadata.name", set: "other", says: "The stack has no DaemonSet of the canary" },
      { field: "metadata.name", set: "alloy", says: "runs pods beside the collector" },
      { field: "metadata.namespace", set: "other", says: "runs pods beside the collector" },
    ],
    passes: [{ field: "spec" }],
    unknown: ["metadata.name"],
  },
  {
    rule: podMonitorSelects(place, canary),
    happy: () => [happyCanaryMonitor(), happyCanary(), happyPodMonitor(), happyDaemonSet()],
    failures: [
      { field: "spec.selector.matchLabels", set: { a: "b" }, says: 'DaemonSet "alloy-canary" is scraped by no' },
      { field: "spec.selector", set: { matchLabels: { a: "b" } } },
      { field: "spec.podMetricsEndpoints[0].port", set: "http", says: "spec.podMetricsEndpoints" },
    ],
    unknown: ["spec.selector"],
  },
  {
    rule: collectorTraffic(trafficOf(settings, needs, place), canaryTraffic),
    happy: () => [happyCanaryPolicy(), happyCanary(), happyNetworkPolicy(), happyDaemonSet()],
    failures: [
      {
        field: "spec.podSelector",
        set: { matchLabels: { a: "b" } },
        says: 'DaemonSet "alloy-canary" is selected by no',
      },
      { field: "spec.podSelector", set: {}, says: "spec.egress has no way to kubernetes.default.svc" },
      { field: "spec.ingress[0].ports[0].port", set: 12345, says: "spec.ingress[0].ports" },
      { field: "spec.egress[2]", set: { to: [{ ipBlock: { cidr: "10.0.0.10/32" } }], ports: [{ port: 6443 }] } },
      { field: "spec.egress[1]", says: "spec.egress has no way to loki-gateway.monitoring.svc" },
      { field: "spec.policyTypes", set: ["Ingress"] },
    ],
    unknown: ["spec.podSelector", "spec.egress"],
  },
];
