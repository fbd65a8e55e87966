import type * as k8s from "@pulumi/kubernetes";

import { canaryMaxWait, canaryTarget, canaryWait } from "../../settings/canary/schema";
import { canaryCredential, canaryLabels, canaryPort, canaryUid, names } from "../../settings/names";
import type { Settings } from "../../settings/schema";
import { unprivileged } from "../pod/container-security";
import { nodeChoice } from "../pod/node-choice";
import type { PodTemplate } from "../pod/pod-spec";

// Neither test can be right here: both count all lines of the node's canary, its own messages among them, and the
// count takes no -query-append (Loki 3.7.8, pkg/canary/reader/reader.go). So neither comes in a pod's life.
const never = "87600h";

/**
 * The canary's pod: one unprivileged container without a volume or a token. It writes to its own log and asks Loki for
 * what it has written; how is in docs/decisions/0068-canary.md.
 */
export function canaryPodTemplate(settings: Settings): PodTemplate {
  const { imagePullSecrets, labels, annotations } = settings.pod;
  return {
    metadata: {
      labels: { ...labels, ...canaryLabels(settings) },
      ...(Object.keys(annotations).length > 0 && { annotations: { ...annotations } }),
    },
    spec: {
      serviceAccountName: names.canary,
      automountServiceAccountToken: false,
      ...(imagePullSecrets.length > 0 && { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) }),
      // Wherever a collector is: a node without a canary is a node that nobody watches.
      ...nodeChoice(settings),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: canaryUid,
        runAsGroup: canaryUid,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [canaryContainer(settings)],
    },
  };
}

function canaryContainer(settings: Settings): k8s.types.input.core.v1.Container {
  const { image, resources } = settings.canary;
  return {
    name: names.canary,
    image,
    args: canaryArguments(settings),
    env: canaryEnv(settings),
    ports: [{ name: names.portName, containerPort: canaryPort, protocol: "TCP" }],
    terminationMessagePolicy: "FallbackToLogsOnError",
    resources: { requests: { ...resources.requests }, limits: { ...resources.limits } },
    securityContext: unprivileged,
    // It has no other page that changes nothing. It answers whether Loki is there or not, so no outage restarts it.
    readinessProbe: { httpGet: { path: "/metrics", port: names.portName }, periodSeconds: 10, timeoutSeconds: 3 },
    livenessProbe: {
      httpGet: { path: "/metrics", port: names.portName },
      initialDelaySeconds: 30,
      periodSeconds: 30,
      timeoutSeconds: 10,
      failureThreshold: 6,
    },
  };
}

/** The flags of loki-canary: where it asks, for which lines, and how long it waits for them. */
export function canaryArguments(settings: Settings): string[] {
  const { host, port, tls } = canaryTarget(settings);
  const maxWait = canaryMaxWait(settings);
  return [
    `-addr=${host}:${port}`,
    ...(tls ? ["-tls"] : []),
    `-tenant-id=${settings.lokiTenant}`,
    // In the place of a password stands its variable, which the kubelet fills in.
    ...(settings.canary.secretName === undefined ? [] : ["-user=$(LOKI_USERNAME)", "-pass=$(LOKI_PASSWORD)"]),
    "-labelname=job",
    `-labelvalue=${settings.namespace.name}/${names.canary}`,
    "-streamname=node",
    "-streamvalue=$(NODE_NAME)",
    `-query-append=${canaryFilter(settings)}`,
    `-port=${canaryPort}`,
    `-interval=${settings.canary.interval}`,
    `-wait=${canaryWait}`,
    `-max-wait=${maxWait}`,
    `-spot-check-initial-wait=${maxWait}`,
    `-metric-test-interval=${never}`,
    `-cache-test-interval=${never}`,
  ];
}

/**
 * What narrows the stream to this pod's numbered lines. Its messages are in the same stream, since nothing here labels
 * stdout and stderr apart; each that it reads back it answers with one more, so without the first filter they never end.
 */
function canaryFilter({ clusterName, logs }: Pick<Settings, "clusterName" | "logs">): string {
  const cluster = `| cluster="${clusterName}"`;
  return ["|~ `^[0-9]+ p+$`", cluster, ...(logs.structuredMetadata ? ['| pod="$(POD_NAME)"'] : [])].join(" ");
}

function canaryEnv(settings: Settings): k8s.types.input.core.v1.EnvVar[] {
  const { secretName } = settings.canary;
  return [
    ...canaryCredential(settings).map(({ name, key }) => ({
      name,
      valueFrom: { secretKeyRef: { name: secretName, key } },
    })),
    { name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
    ...(settings.logs.structuredMetadata
      ? [{ name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }]
      : []),
  ];
}
