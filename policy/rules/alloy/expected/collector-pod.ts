import { createHash } from "node:crypto";

import { credentialFiles } from "../../../../pipeline/credential-files";
import type { Stability } from "../../../../pipeline/needs";
import type { Settings } from "../../../../settings/schema";
import { optional, type Shape } from "../../../shape";
import { cloudMarks } from "./cloud";
import { expectedForgetRotated } from "./forget-rotated";
import { annotationsOf, labelsOf, unprivileged } from "./labels";
import { expectedCommand } from "./delivery";
import { proxyVariables } from "./proxy";
import { nodesOf } from "./nodes";
import { expectedPrepareStorage, uid } from "./prepare-storage";

/** What the composed pipeline says about the pod around it; read from its text. */
export interface PipelineFacts {
  text: string;
  /** Files beside it in the ConfigMap. */
  files: Readonly<Record<string, string>>;
  /** Variables that the text reads. */
  variables: readonly string[];
  /** The level of its laxest component, as its sections state it. */
  stability: Stability;
  /** Whether any component asks the Kubernetes API for something. */
  asksApi: boolean;
}

/** What pods may have beside what the pipeline needs: each comes from the settings, and a new one is a line here. */
const podExtras: readonly ((settings: Settings) => Record<string, Shape>)[] = [
  ({ pod: { imagePullSecrets: secrets } }): Record<string, Shape> =>
    secrets.length === 0 ? {} : { imagePullSecrets: secrets.map((name) => ({ name })) },
];

/** Fields of every pod of this stack that the settings alone decide. */
export const extrasOf = (settings: Settings): Record<string, Shape> =>
  Object.assign({}, ...podExtras.map((extra) => extra(settings))) as Record<string, Shape>;

/** The collector's pod template. */
export function expectedPodTemplate(settings: Settings, facts: PipelineFacts): Shape {
  const { pod } = settings;
  return {
    metadata: {
      labels: { ...pod.labels, ...cloudMarks(settings).pod, ...labelsOf(settings) },
      annotations: { ...pod.annotations, "detectviz.io/config-checksum": checksum(facts) },
    },
    spec: {
      serviceAccountName: "alloy",
      automountServiceAccountToken: false,
      priorityClassName: pod.priorityClassName,
      ...extrasOf(settings),
      ...nodesOf(settings),
      // loki.write drains for 15 s. Source: grafana/alloy, internal/component/common/loki/client
      terminationGracePeriodSeconds: 45,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: uid,
        runAsGroup: uid,
        fsGroup: uid,
        ...(readOf(settings).length > 0 && { supplementalGroups: groupsOf(readOf(settings)) }),
        seccompProfile: { type: "RuntimeDefault" },
        ...(Object.keys(pod.seLinuxOptions).length > 0 && { seLinuxOptions: pod.seLinuxOptions }),
      },
      ...initContainersOf(settings),
      containers: [expectedContainer(settings, facts)],
      volumes: volumesOf(settings, facts).map(({ volume }) => volume),
    },
  };
}

function initContainersOf(settings: Settings): Record<string, Shape> {
  const found = [
    ...(settings.wal.prepare === "init" ? [expectedPrepareStorage(settings)] : []),
    ...(rotates(settings)
      ? [
          expectedForgetRotated(
            settings,
            readMounted(settings).map(({ mount }) => mount),
          ),
        ]
      : []),
  ];
  return found.length === 0 ? {} : { initContainers: found };
}

/** SHA-256 of everything that the pods read when they start. */
export function checksum({ text, files }: PipelineFacts): string {
  return createHash("sha256")
    .update([text, ...Object.values(files)].join("\0"))
    .digest("hex");
}

function expectedContainer(settings: Settings, facts: PipelineFacts): Shape {
  const { image, resources, wal } = settings;
  const ready = { path: "/-/ready", port: "http-metrics" };
  return {
    name: "alloy",
    image,
    ...expectedCommand(settings, facts.text),
    // Source: https://grafana.com/docs/alloy/latest/reference/cli/run/
    args: [
      "run",
      "/etc/alloy/config.alloy",
      `--storage.path=${wal.path}`,
      "--server.http.listen-addr=0.0.0.0:12345",
      `--stability.level=${facts.stability}`,
      "--disable-reporting",
      "--server.http.enable-pprof=false",
      "--server.http.disable-support-bundle",
    ],
    env: environmentOf(settings, facts),
    ports: [{ name: "http-metrics", containerPort: 12345, protocol: "TCP" }],
    terminationMessagePolicy: "FallbackToLogsOnError",
    resources: { requests: { ...resources.requests }, limits: { ...resources.limits } },
    securityContext: unprivileged,
    readinessProbe: { httpGet: ready, periodSeconds: 5, timeoutSeconds: 3 },
    livenessProbe: {
      httpGet: ready,
      initialDelaySeconds: 60,
      periodSeconds: 30,
      timeoutSeconds: 10,
      failureThreshold: 6,
    },
    volumeMounts: volumesOf(settings, facts).map(({ mount }) => mount),
  };
}

/** Where each variable that a pipeline may read comes from; one that is not here has no source. */
function environmentOf(settings: Settings, { variables }: PipelineFacts): Shape {
  const sources: Record<string, Shape> = {
    CLUSTER_NAME: { value: literal(settings.clusterName) },
    LOKI_TENANT: { value: literal(settings.lokiTenant) },
    NODE_SELECTOR: { value: literal(settings.nodeSelector) },
    NODE_IP: fromPod("status.hostIP"),
    NODE_IP_IN_URL: { value: settings.pod.ipFamily === "IPv6" ? "[$(NODE_IP)]" : "$(NODE_IP)" },
    NODE_NAME: fromPod("spec.nodeName"),
    ...proxyVariables(settings),
    HTTP2_PING_TIMEOUT_SECONDS: { value: "3" },
    HTTP2_READ_IDLE_TIMEOUT_SECONDS: { value: "5" },
    VAULT_CACERT: { value: "/etc/alloy/vault-ca.crt" },
  };
  const { credentials, vault } = settings;
  // The Vault client reads it by itself. Source: hashicorp/vault/api, client.go, EnvVaultCACert
  const own = credentials.mode === "vault" && vault?.caFile !== undefined ? ["VAULT_CACERT"] : [];
  // So does the client for the API server, wherever logs are followed. Source: k8s.io/apimachinery, pkg/util/net, http.go
  const watched = settings.logs.enabled ? ["HTTP2_PING_TIMEOUT_SECONDS", "HTTP2_READ_IDLE_TIMEOUT_SECONDS"] : [];
  const referred = variables.includes("NODE_IP_IN_URL") ? ["NODE_IP"] : [];
  return [...new Set([...variables, ...own, ...watched, ...referred, ...Object.keys(proxyVariables(settings))])]
    .sort((a, b) => a.localeCompare(b))
    .map((name) => ({ name, ...(sources[name] as Record<string, Shape> | undefined) }));
}

const fromPod = (fieldPath: string): Shape => ({ valueFrom: { fieldRef: { fieldPath } } });

/** `$(NAME)` is a reference in a value, `$$` one dollar. Source: kubernetes.io, Dependent Environment Variables */
const literal = (value: string): string => value.replaceAll("$", "$$$$");

interface Mounted {
  volume: Shape;
  mount: Shape;
}

/** Volumes and where they are mounted, in the collector's container alone. */
function volumesOf(settings: Settings, { asksApi }: PipelineFacts): Mounted[] {
  const { wal, credentials } = settings;
  const files = Object.values(credentialFiles(settings));
  return [
    {
      volume: { name: "config", configMap: { name: "alloy-config" } },
      mount: { name: "config", mountPath: "/etc/alloy", readOnly: true },
    },
    {
      volume: { name: "storage", hostPath: { path: wal.path, type: "DirectoryOrCreate" } },
      mount: { name: "storage", mountPath: wal.path },
    },
    ...readMounted(settings),
    ...(files.length === 0
      ? []
      : [
          {
            volume: {
              name: "credentials",
              secret: {
                secretName: credentials.secretName,
                defaultMode: 0o440,
                items: files.map(({ secretKey, path }) => ({
                  key: secretKey,
                  path: path.slice(path.lastIndexOf("/") + 1),
                })),
              },
            },
            mount: { name: "credentials", mountPath: "/etc/alloy-credentials", readOnly: true },
          },
        ]),
    ...vaultToken(settings),
    ...(asksApi ? [apiAccess] : []),
  ];
}

interface Read {
  path: string;
  group: number;
}

/** What of the node is read, and by which group. Source: kubernetes.io, Logging Architecture; containerd writes 0640. */
function readOf(settings: Settings): Read[] {
  const { logs, extraSections } = settings;
  const runtimes = { cri: ["/var/log/pods"], docker: ["/var/log/pods", "/var/lib/docker/containers"] };
  const ours = rotates(settings) ? runtimes[logs.fileFormat] : [];
  return [...ours.map((path) => ({ path, group: 0 })), ...extraSections.flatMap(({ needs }) => needs.readPaths)];
}

const rotates = ({ logs }: Settings): boolean => logs.enabled && logs.source === "files";

const readMounted = (settings: Settings): Mounted[] =>
  pathsOf(readOf(settings)).map((path, at) => ({
    volume: { name: `node-${at}`, hostPath: { path, type: "Directory" } },
    mount: { name: `node-${at}`, mountPath: path, readOnly: true },
  }));

const pathsOf = (read: readonly Read[]): string[] => [...new Set(read.map(({ path }) => path))];

const groupsOf = (read: readonly Read[]): number[] =>
  [...new Set(read.map(({ group }) => group))].sort((one, other) => one - other);

// An hour and a few seconds, as Kubernetes mounts tokens itself. Source: kubernetes.io, Projected volumes
const tokenSeconds = 3607;

function vaultToken({ credentials, vault }: Settings): Mounted[] {
  const audience = credentials.mode === "vault" ? vault?.login.audience : undefined;
  if (audience === undefined) return [];
  return [
    {
      volume: {
        name: "token-0",
        projected: {
          defaultMode: 0o440,
          sources: [{ serviceAccountToken: { path: "token", audience, expirationSeconds: tokenSeconds } }],
        },
      },
      mount: { name: "token-0", mountPath: "/var/run/secrets/vault", readOnly: true },
    },
  ];
}

const apiAccess: Mounted = {
  volume: {
    name: "api-access",
    projected: {
      defaultMode: 0o440,
      sources: [
        { serviceAccountToken: { path: "token", expirationSeconds: tokenSeconds } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
      ],
    },
  },
  mount: { name: "api-access", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true },
};

/** The DaemonSet's own fields around a pod template. */
export function daemonSetSpec(settings: Settings, selector: Record<string, string>, template: Shape): Shape {
  return {
    selector: { matchLabels: selector },
    updateStrategy: {
      type: "RollingUpdate",
      // No surge: two collectors of one node would share one storage directory.
      rollingUpdate: { maxUnavailable: settings.rollout.maxUnavailable, maxSurge: 0 },
    },
    template,
  };
}

/** `pulumi.com/skipAwait`, where it is not the engine that waits for the nodes, and what the settings add. */
export function awaitAnnotations(settings: Settings): Record<string, Shape> {
  const { annotations } = annotationsOf(
    settings,
    settings.rollout.await === "all" ? {} : { "pulumi.com/skipAwait": "true" },
  );
  return { annotations: annotations ?? optional({}) };
}
