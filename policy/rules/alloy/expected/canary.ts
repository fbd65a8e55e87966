import { canaryMaxWait, canaryTarget, canaryWait } from "../../../../settings/canary/schema";
import type { Settings } from "../../../../settings/schema";
import type { Shape } from "../../../shape";
import { awaitAnnotations, daemonSetSpec, extrasOf } from "./collector-pod";
import { nodesOf } from "./nodes";
import { component, kubernetesObject, type Expected } from "./expected";
import { labelsOf, metadataOf, selectorOf, unprivileged } from "./labels";
import { expectedMonitor } from "./monitoring";
import { expectedNetworkPolicy } from "./network";

/** User and group of the canary. Source: grafana/loki, production/helm/loki/values.yaml, lokiCanary */
const uid = 10001;
const port = 3500;

/** loki-canary on every node, where the settings ask for it. */
export function expectedCanary(settings: Settings): Expected[] {
  if (!settings.canary.enabled) return [];
  const part = component("Canary", "alloy-canary");
  const metadata = metadataOf(settings, "alloy-canary", "alloy-canary");
  const place = (name: string): { name: string } => ({ name: `${part.name}-${name}` });
  return [
    part,
    kubernetesObject("v1", "ServiceAccount", place("service-account"), {
      metadata,
      automountServiceAccountToken: false,
    }),
    kubernetesObject("apps/v1", "DaemonSet", place("daemon-set"), {
      metadata: { ...metadata, ...awaitAnnotations(settings) },
      spec: daemonSetSpec(settings, selectorOf("alloy-canary"), template(settings)),
    }),
    ...(settings.selfMonitoring.enabled ? [expectedMonitor(settings, "alloy-canary", place("pod-monitor"))] : []),
    ...(settings.network.enabled
      ? [expectedNetworkPolicy(settings, "alloy-canary", port, [canaryTarget(settings)], place("network-policy"))]
      : []),
  ];
}

function template(settings: Settings): Shape {
  const { pod } = settings;
  const { image, resources } = settings.canary;
  const metrics = { path: "/metrics", port: "http-metrics" };
  return {
    metadata: {
      labels: { ...pod.labels, ...labelsOf(settings, "alloy-canary") },
      ...(Object.keys(pod.annotations).length > 0 && { annotations: pod.annotations }),
    },
    spec: {
      serviceAccountName: "alloy-canary",
      automountServiceAccountToken: false,
      ...extrasOf(settings),
      ...nodesOf(settings),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: uid,
        runAsGroup: uid,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name: "alloy-canary",
          image,
          args: argumentsOf(settings),
          env: environmentOf(settings),
          ports: [{ name: "http-metrics", containerPort: port, protocol: "TCP" }],
          terminationMessagePolicy: "FallbackToLogsOnError",
          resources: { requests: { ...resources.requests }, limits: { ...resources.limits } },
          securityContext: unprivileged,
          readinessProbe: { httpGet: metrics, periodSeconds: 10, timeoutSeconds: 3 },
          livenessProbe: {
            httpGet: metrics,
            initialDelaySeconds: 30,
            periodSeconds: 30,
            timeoutSeconds: 10,
            failureThreshold: 6,
          },
        },
      ],
    },
  };
}

/** Source: https://grafana.com/docs/loki/latest/operations/loki-canary/, the flags of 3.7 */
function argumentsOf(settings: Settings): string[] {
  const { host, port: lokiPort, tls } = canaryTarget(settings);
  const { canary, clusterName, logs, lokiTenant, namespace } = settings;
  const wait = canaryMaxWait(settings);
  const byPod = logs.structuredMetadata ? ' | pod="$(POD_NAME)"' : "";
  return [
    `-addr=${host}:${lokiPort}`,
    ...(tls ? ["-tls"] : []),
    `-tenant-id=${lokiTenant}`,
    ...(canary.secretName === undefined ? [] : ["-user=$(LOKI_USERNAME)", "-pass=$(LOKI_PASSWORD)"]),
    "-labelname=job",
    `-labelvalue=${namespace.name}/alloy-canary`,
    "-streamname=node",
    "-streamvalue=$(NODE_NAME)",
    `-query-append=|~ \`^[0-9]+ p+$\` | cluster="${clusterName}"${byPod}`,
    `-port=${port}`,
    `-interval=${canary.interval}`,
    `-wait=${canaryWait}`,
    `-max-wait=${wait}`,
    `-spot-check-initial-wait=${wait}`,
    // Neither of these two tests can be narrowed to the canary's own lines: not in a pod's life.
    "-metric-test-interval=87600h",
    "-cache-test-interval=87600h",
  ];
}

function environmentOf({ canary, logs }: Settings): Shape {
  const { secretName, keys } = canary;
  const fromSecret = (key: string): Shape => ({ secretKeyRef: { name: secretName ?? "", key } });
  return [
    ...(secretName === undefined
      ? []
      : [
          { name: "LOKI_USERNAME", valueFrom: fromSecret(keys.username) },
          { name: "LOKI_PASSWORD", valueFrom: fromSecret(keys.password) },
        ]),
    { name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
    ...(logs.structuredMetadata ? [{ name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }] : []),
  ];
}
