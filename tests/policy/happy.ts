import type { PipelineNeeds } from "../../pipeline/needs";
import { composePipeline } from "../../pipeline/compose";
import type { Resource } from "../../policy/rule";
import type { Plain } from "../../policy/values";
import { parseSettings } from "../../settings/parse-settings";
import type { Settings } from "../../settings/schema";
import { resource } from "./support";

/** The settings of a stack that uses every part: Vault, credentials, prepare-storage, PodMonitor, NetworkPolicy, canary. */
export const settings: Settings = parseSettings(
  {
    "alloy:clusterName": "test",
    "alloy:lokiTenant": "test",
    "alloy:environment": "production",
    "alloy:kubernetes": '{"context":"test"}',
    "alloy:vault": '{"address":"https://vault.test:8200","path":"test/alloy"}',
    "alloy:credentials": '{"mode":"secret","loki":"basic"}',
    "alloy:network": '{"enabled":true,"scrapeCidrs":["10.20.0.0/16"]}',
    "alloy:canary": '{"enabled":true,"secretName":"loki-reader"}',
  },
  "test",
);

export const pipeline = composePipeline(settings);
export const needs: PipelineNeeds = pipeline.needs;

const labels = { "app.kubernetes.io/name": "alloy", "app.kubernetes.io/instance": "alloy" };
const metadata = { name: "alloy", namespace: "monitoring", labels };

const confined = {
  runAsNonRoot: true,
  privileged: false,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

const resources = { requests: { cpu: "100m", memory: "256Mi" }, limits: { cpu: "500m", memory: "512Mi" } };

const prepareStorage = {
  name: "prepare-storage",
  image: settings.image,
  command: ["/bin/sh", "-c", 'chown 473:473 "$1"', "prepare-storage", "/var/lib/alloy"],
  resources,
  securityContext: {
    ...confined,
    runAsNonRoot: false,
    runAsUser: 0,
    runAsGroup: 473,
    capabilities: { drop: ["ALL"], add: ["CHOWN"] },
  },
  volumeMounts: [{ name: "storage", mountPath: "/var/lib/alloy" }],
};

const collector = {
  name: "alloy",
  image: settings.image,
  args: [
    "run",
    "/etc/alloy/config.alloy",
    "--storage.path=/var/lib/alloy",
    "--server.http.listen-addr=0.0.0.0:12345",
    "--stability.level=generally-available",
    "--disable-reporting",
    "--server.http.enable-pprof=false",
    "--server.http.disable-support-bundle",
  ],
  env: [
    { name: "CLUSTER_NAME", value: "test" },
    { name: "LOKI_TENANT", value: "test" },
    { name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
    { name: "NODE_SELECTOR", value: ".*" },
  ],
  ports: [{ name: "http-metrics", containerPort: 12345 }],
  resources,
  securityContext: confined,
  readinessProbe: { httpGet: { path: "/-/ready", port: "http-metrics" } },
  livenessProbe: { tcpSocket: { port: "http-metrics" } },
  volumeMounts: [
    { name: "config", mountPath: "/etc/alloy", readOnly: true },
    { name: "storage", mountPath: "/var/lib/alloy" },
    { name: "credentials", mountPath: "/etc/alloy-credentials", readOnly: true },
    { name: "api-access", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true },
  ],
};

const podSpec = {
  serviceAccountName: "alloy",
  automountServiceAccountToken: false,
  priorityClassName: "system-node-critical",
  nodeSelector: { "kubernetes.io/os": "linux" },
  tolerations: [{ operator: "Exists" }],
  terminationGracePeriodSeconds: 45,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 473,
    runAsGroup: 473,
    fsGroup: 473,
    seccompProfile: { type: "RuntimeDefault" },
  },
  initContainers: [prepareStorage],
  containers: [collector],
  volumes: [
    { name: "config", configMap: { name: "alloy-config" } },
    { name: "storage", hostPath: { path: "/var/lib/alloy", type: "DirectoryOrCreate" } },
    {
      name: "credentials",
      secret: {
        secretName: "alloy-credentials",
        defaultMode: 0o440,
        items: [{ key: "loki.json", path: "loki.json" }],
      },
    },
    {
      name: "api-access",
      projected: {
        sources: [
          { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
          { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
          { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
        ],
      },
    },
  ],
};

/** The DaemonSet as the program makes it. */
export function happyDaemonSet(): Resource {
  return kubernetes("apps/v1", "DaemonSet", {
    metadata,
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "10%", maxSurge: 0 } },
      template: {
        metadata: { labels, annotations: { "detectviz.io/config-checksum": "0".repeat(64) } },
        spec: podSpec,
      },
    },
  });
}

/** A pod of any other stack, with a container in every position. */
export function happyPod(): Resource {
  const container = (name: string): Plain => ({
    name,
    image: "registry.example.com/team/app:1.2.3",
    resources,
    securityContext: confined,
  });
  return kubernetes("core/v1", "Pod", {
    metadata: { name: "app", namespace: "team" },
    spec: {
      serviceAccountName: "app",
      securityContext: podSpec.securityContext,
      initContainers: [container("prepare"), container("migrate")],
      containers: [container("app"), container("sidecar")],
      ephemeralContainers: [container("debug")],
      volumes: [{ name: "data", emptyDir: {} }],
    },
  });
}

export function happyClusterRole(): Resource {
  return kubernetes("rbac.authorization.k8s.io/v1", "ClusterRole", {
    metadata: { name: "alloy", labels },
    rules: [
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
      { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
      { apiGroups: [""], resources: ["nodes", "services"], verbs: ["list", "watch"] },
    ],
  });
}

export function happyBinding(): Resource {
  return kubernetes("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", {
    metadata: { name: "alloy", labels },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "alloy" },
    subjects: [{ kind: "ServiceAccount", name: "alloy", namespace: "monitoring" }],
  });
}

export function happyNamespace(): Resource {
  return {
    ...kubernetes("core/v1", "Namespace", {
      metadata: {
        name: "monitoring",
        labels: {
          "pod-security.kubernetes.io/enforce": "baseline",
          "pod-security.kubernetes.io/audit": "restricted",
          "pod-security.kubernetes.io/warn": "restricted",
        },
      },
    }),
    opts: { protect: true },
  };
}

export function happyServiceAccount(): Resource {
  return kubernetes("core/v1", "ServiceAccount", { metadata, automountServiceAccountToken: false });
}

export function happyConfigMap(): Resource {
  return kubernetes("core/v1", "ConfigMap", {
    metadata: { ...metadata, name: "alloy-config" },
    data: { "config.alloy": pipeline.text },
  });
}

/** The password is a text that must never be in a message. */
export const password = "hunter2-correct-horse";

export function happySecret(): Resource {
  const credential = JSON.stringify({ username: "alloy", password });
  return kubernetes("core/v1", "Secret", {
    metadata: { ...metadata, name: "alloy-credentials" },
    stringData: { "loki.json": credential },
  });
}

export function happyPodMonitor(): Resource {
  return kubernetes("monitoring.coreos.com/v1", "PodMonitor", {
    metadata,
    spec: { selector: { matchLabels: labels }, podMetricsEndpoints: [{ port: "http-metrics" }] },
  });
}

const podsOf = (name: string, podLabels: Plain): Plain => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
  podSelector: { matchLabels: podLabels },
});

/** The NetworkPolicy of the settings above, as a cluster with those Services has it made. */
export function happyNetworkPolicy(): Resource {
  const tcp = (port: unknown): Plain[] => [{ protocol: "TCP", port }];
  const prometheus = podsOf("monitoring", { "app.kubernetes.io/name": "prometheus" });
  return kubernetes("networking.k8s.io/v1", "NetworkPolicy", {
    metadata,
    spec: {
      podSelector: { matchLabels: labels },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [prometheus, { ipBlock: { cidr: "10.20.0.0/16" } }], ports: tcp(12345) }],
      egress: [
        { to: [podsOf("kube-system", { "k8s-app": "kube-dns" })], ports: [{ protocol: "UDP", port: 53 }, ...tcp(53)] },
        { to: [{ ipBlock: { cidr: "10.96.0.1/32" } }], ports: tcp(443) },
        { to: [{ ipBlock: { cidr: "10.0.0.10/32" } }], ports: tcp(6443) },
        { to: [podsOf("monitoring", { "app.kubernetes.io/component": "gateway" })], ports: tcp("http-metrics") },
        { to: [prometheus], ports: tcp(9090) },
      ],
    },
  });
}

/** The whole stack as the program makes it. */
export function happyStack(): Resource[] {
  return [
    happyNamespace(),
    happyServiceAccount(),
    happyClusterRole(),
    happyBinding(),
    happyConfigMap(),
    happySecret(),
    happyDaemonSet(),
    happyPodMonitor(),
    happyNetworkPolicy(),
  ];
}

function kubernetes(groupVersion: string, kind: string, props: Plain): Resource {
  const apiVersion = groupVersion.replace(/^core\//, "");
  const name = (props["metadata"] as { name: string }).name;
  // By way of JSON, so that no two containers share an object that a test then changes in both.
  const own = JSON.parse(JSON.stringify({ apiVersion, kind, ...props })) as Plain;
  return resource(`kubernetes:${groupVersion}:${kind}`, name, own);
}
