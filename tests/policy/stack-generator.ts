import * as fc from "fast-check";

import { exampleSections, journalSection, moreLabels, type StackValues } from "../support/settings";
import { clusterHosts, clusterValues, writersOf } from "./cluster-generator";

const maybe = <T>(value: T): fc.Arbitrary<T | undefined> => fc.constantFrom(undefined, value);
const kinds = ["none", "basic", "bearer", "mtls"] as const;

/** Everything stated, as where no cluster can be asked. */
const statedNetwork = (hosts: readonly string[]): unknown => ({
  enabled: true,
  scrapeCidrs: ["10.20.0.0/16", "fd00::/64"],
  destinations: Object.fromEntries<unknown>([
    ["kubernetes.default.svc", { cidrs: ["10.96.0.1/32", "10.0.0.10/32"], port: 6443 }],
    ...hosts.map((host, at): [string, unknown] => [
      host,
      at % 2 === 0 ? { podLabels: { app: host.replace(/\W/g, "-") }, port: 8080 } : { cidrs: ["192.0.2.7/32"] },
    ]),
  ]),
});

/** Stack config of every kind that the program takes, whole switches at random. */
export const stackValues: fc.Arbitrary<StackValues> = fc
  .record({
    environment: fc.constantFrom("production", "staging", "local"),
    mode: fc.constantFrom("none", "secret", "secret", "existing", "vault"),
    // Only user and password can be made up.
    loki: fc.constantFrom("basic", ...kinds),
    prometheus: fc.constantFrom("basic", ...kinds),
    seed: fc.boolean(),
    readAt: fc.constantFrom("preview", "up"),
    https: fc.boolean(),
    network: fc.boolean(),
    canary: fc.boolean(),
    canaryLogin: fc.boolean(),
    selfMonitoring: fc.boolean(),
    metrics: fc.boolean(),
    logs: fc.boolean(),
    structuredMetadata: fc.boolean(),
    labels: fc.boolean(),
    source: fc.constantFrom("kubernetes", "kubernetes", "files"),
    fileFormat: fc.constantFrom("cri", "docker"),
    journal: fc.boolean(),
    sections: fc.integer({ min: 0, max: exampleSections.length }),
    logWal: fc.boolean(),
    prepare: fc.constantFrom("init", "none"),
    managed: fc.boolean(),
    namespace: fc.constantFrom("monitoring", "observability"),
    rollout: fc.constantFrom("ready", "all", "none"),
    maxUnavailable: fc.constantFrom("10%", 1, "25%"),
    pullSecrets: fc.constantFrom([], ["registry"], ["one", "two"]),
    priorityClass: fc.constantFrom("system-node-critical", "", "platform"),
    audience: maybe("vault"),
    vaultNamespace: maybe("platform/alloy"),
    caFile: maybe("tests/support/test-ca.pem"),
    wal: fc.constantFrom("/var/lib/alloy", "/var/lib/detectviz/alloy"),
    clusterName: fc.constantFrom("test-cluster", "Cluster_2.x"),
    nodeSelector: fc.constantFrom(".*", "worker-(a|b)$"),
    cluster: clusterValues,
    clusterRole: fc.constantFrom("alloy", "alloy-logs"),
    alerts: fc.boolean(),
    readers: fc.boolean(),
  })
  .map((choice): StackValues => {
    const isOn = { logs: choice.logs || !choice.metrics, metrics: choice.metrics };
    // loki-canary knows a user name and a password only, and its lines have to be collected.
    const canary = choice.canary && isOn.logs && choice.nodeSelector === ".*";
    const needsHttps = choice.https || choice.loki === "mtls" || choice.prometheus === "mtls" || choice.mode === "none";
    const [loki, prometheus] = needsHttps
      ? ["https://loki.detectviz.internal/loki/api/v1/push", "https://prometheus.detectviz.internal/api/v1/write"]
      : [
          "http://loki-gateway.monitoring.svc:80/loki/api/v1/push",
          "http://kube-prometheus-stack-prometheus.monitoring:9090/api/v1/write",
        ];
    const seed =
      choice.seed &&
      choice.mode === "secret" &&
      ![choice.loki, choice.prometheus].some((kind) => kind === "bearer" || kind === "mtls");
    const usesCredential = (isOn.logs && choice.loki !== "none") || (isOn.metrics && choice.prometheus !== "none");
    const mode = usesCredential ? choice.mode : "none";
    const vault = { address: "https://vault.example.internal:8200", path: "detectviz/test/alloy" };
    const canaryAddress = "https://loki-read.detectviz.internal";
    const hosts = [
      ...[loki, prometheus, vault.address, canaryAddress].map((url) => new URL(url).hostname),
      ...clusterHosts,
    ];
    // Those without an entry into the lines send metrics.
    const sections = exampleSections
      .slice(0, choice.sections)
      .filter(({ entry }) => (entry === undefined ? isOn.metrics : isOn.logs));
    const journal = choice.journal && isOn.logs ? [journalSection] : [];
    return {
      environment: choice.environment,
      clusterName: choice.clusterName,
      nodeSelector: choice.nodeSelector,
      kubernetes: { context: "test" },
      lokiUrl: loki,
      prometheusUrl: prometheus,
      credentials: {
        mode,
        loki: choice.loki,
        prometheus: choice.prometheus,
        ...(mode === "secret" && { seed, readAt: choice.readAt }),
      },
      ...((mode === "secret" || mode === "vault") && {
        vault: {
          ...vault,
          namespace: choice.vaultNamespace,
          caFile: choice.caFile,
          ...(choice.audience !== undefined && { login: { audience: choice.audience } }),
        },
      }),
      logs: {
        enabled: isOn.logs,
        structuredMetadata: choice.structuredMetadata,
        source: choice.source,
        ...(choice.source === "files" && { fileFormat: choice.fileFormat }),
        ...(choice.labels && { podLabels: moreLabels.podLabels, nodeLabels: moreLabels.nodeLabels }),
      },
      metrics: { enabled: isOn.metrics },
      wal: { path: choice.wal, prepare: choice.prepare, logs: choice.logWal && isOn.logs },
      selfMonitoring: { enabled: choice.selfMonitoring },
      namespace: { name: choice.namespace, managed: choice.managed },
      rollout: { await: choice.rollout, maxUnavailable: choice.maxUnavailable },
      pod: {
        imagePullSecrets: choice.pullSecrets,
        priorityClassName: choice.priorityClass,
        ...choice.cluster.pod,
      },
      names: { clusterRole: choice.clusterRole },
      alerts: { enabled: choice.alerts },
      dashboard: choice.readers ? { namespace: "grafana", annotations: { grafana_folder: "Alloy" } } : {},
      dataSource: { enabled: choice.readers && isOn.logs, url: "http://loki-gateway.monitoring.svc:80" },
      ruler: { enabled: choice.readers && isOn.logs, namespace: "loki" },
      ...choice.cluster.objects,
      ...writersOf(choice.cluster, { needsHttps, loki: choice.loki, prometheus: choice.prometheus, mode }),
      extraSections: [...sections, ...journal],
      ...(choice.network && { network: { ...(statedNetwork(hosts) as object), dns: choice.cluster.dns } }),
      ...(canary && {
        canary: {
          enabled: true,
          address: canaryAddress,
          ...(choice.canaryLogin && { secretName: "loki-reader" }),
        },
      }),
    };
  });
