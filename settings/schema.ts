import { z } from "zod";

import { checkAuthorities, lokiCaFile, prometheusCaFile, readByAuthoritiesCheck } from "./authorities";
import { alerts } from "./alerts";
import { canary } from "./canary/schema";
import { checkCanary, readByCanaryCheck } from "./canary/checks";
import { checkMtlsOverHttps, credentials } from "./credentials";
import { dashboard } from "./dashboard";
import { extraSections } from "./extra-sections";
import * as field from "./fields";
import { checkDelivery, delivery, readByDeliveryCheck } from "./delivery";
import { checkFilledIn, readByFilledInCheck } from "./filled-in";
import { checkImageVariant, readByImageVariantCheck } from "./image-variant";
import { logs } from "./logs";
import { checkLokiReaders, dataSource, readByLokiReadersCheck, ruler } from "./loki-readers";
import { kubernetes, metrics, namespace, objectNames, pod, resources, rollout, selfMonitoring } from "./objects";
import { network } from "./network/schema";
import { checkNetwork, readByNetworkCheck } from "./network/checks";
import { brokenMemoryPromise } from "./outage-memory";
import { checkPlainHttp, readByPlainHttpCheck } from "./plain-http";
import { moreAnnotations, moreLabels } from "./pod/metadata";
import { prometheusHeaders, prometheusTenant } from "./prometheus/headers";
import { checkPrometheusIdentity, prometheusIdentity, readByIdentityCheck } from "./prometheus/identity";
import { proxy } from "./proxy";
import { ifValid, refuse } from "./cross-field-check";
import { terraform } from "./terraform";
import { vault } from "./vault";
import { wal } from "./wal";

// Every cluster has these from its beginning.
const clusterNamespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

/**
 * Everything that may be set, strictly: an unknown key is an error, since a misspelt one would silently leave a default
 * in place.
 */
export const anySettings = z
  .strictObject({
    clusterName: field.labelValue.meta({
      description: "Name of the Kubernetes cluster: variable CLUSTER_NAME, label `cluster` of logs and metrics.",
      ifWrong: "Lines and metrics carry the name of another cluster.",
    }),
    lokiTenant: field.tenant.meta({
      description: "Tenant in Loki: variable LOKI_TENANT, header X-Scope-OrgID.",
      ifWrong: "Lines go to another tenant, or Loki refuses them.",
    }),
    environment: field.choice(["production", "staging", "local"]).meta({
      description:
        "How strict the policies are, and what is protected. In `production` the namespace is protected from deletion.",
      ifWrong: "`local` for a real cluster: no context is required, and nothing is protected from deletion.",
    }),
    nodeSelector: field.someNodes.default(".*").meta({
      description: "Nodes whose pods are collected: variable NODE_SELECTOR.",
      ifWrong: "A pattern that matches too little: those nodes' lines never reach Loki, and nothing reports it.",
    }),
    lokiUrl: field.lokiPushUrl.default("http://loki-gateway.monitoring.svc:80/loki/api/v1/push").meta({
      description: "Loki's push endpoint.",
      ifWrong: "No line arrives. Lines wait for `wal.outageBudget`; after that they are dropped and counted.",
    }),
    prometheusUrl: field.remoteWriteUrl
      .default("http://kube-prometheus-stack-prometheus.monitoring:9090/api/v1/write")
      .meta({
        description: "Prometheus' remote-write endpoint.",
        ifWrong: "No metric arrives.",
      }),
    logLevel: field.choice(["error", "warn", "info", "debug"]).default("info").meta({
      description: "How much the collector writes about itself.",
      ifWrong: "`debug`: every line that is collected costs a line of the collector's own. A preview warns of it.",
    }),
    image: field.image.default("docker.io/grafana/alloy:v1.18.1").meta({
      description: "Image of Grafana Alloy, best with its digest.",
      ifWrong: "An image that cannot be pulled: the rollout stops at the first nodes. `latest` is refused.",
    }),
    kubernetes,
    vault,
    resources,
    wal,
    delivery,
    credentials,
    logs,
    metrics,
    selfMonitoring,
    rollout,
    extraSections,
    network,
    canary,
    namespace,
    terraform,
    pod,
    labels: moreLabels.default({}).meta({
      description: "Labels of every object and of every pod, beside the program's own.",
      ifWrong:
        "Without a label that an admission policy requires nothing is created. A label of the program's own is refused.",
    }),
    annotations: moreAnnotations.default({}).meta({
      description: "Annotations of every object. Those of pods are `pod.annotations`.",
      ifWrong: "Whoever reads an annotation does what it says. An annotation of Pulumi's is refused.",
    }),
    lokiCaFile,
    prometheusCaFile,
    prometheusTenant,
    prometheusHeaders,
    prometheusIdentity,
    proxy,
    alerts,
    dashboard,
    dataSource,
    ruler,
    names: objectNames,
  })
  .superRefine(
    ({ vault, credentials }, context) => {
      if (!vault && (credentials.mode === "secret" || credentials.mode === "vault"))
        refuse(
          context,
          "vault",
          `is missing, but alloy:credentials.mode is ${credentials.mode}`,
          "write { address: URL, path: PATH }, or set alloy:credentials.mode to none",
        );
    },
    ifValid(["vault"], ["credentials", "mode"]),
  )
  .superRefine(checkMtlsOverHttps, ifValid(["credentials"], ["lokiUrl"], ["prometheusUrl"]))
  .superRefine(
    ({ logs, metrics }, context) => {
      if (!logs.enabled && !metrics.enabled)
        refuse(
          context,
          "logs.enabled",
          "is off, and so is alloy:metrics.enabled, so nothing would be collected",
          "turn one of them on",
        );
    },
    ifValid(["logs", "enabled"], ["metrics", "enabled"]),
  )
  .superRefine(
    ({ namespace }, context) => {
      if (namespace.managed && clusterNamespaces.includes(namespace.name))
        refuse(
          context,
          "namespace.name",
          `${namespace.name} belongs to the cluster and cannot be managed here`,
          "use a namespace of its own, or set managed: false",
        );
    },
    ifValid(["namespace"]),
  )
  .superRefine(
    ({ logs, wal: { outageBudget, load }, resources: { limits } }, context) => {
      if (!logs.enabled) return;
      const broken = brokenMemoryPromise({ outageBudget, load, memoryLimit: limits.memory, source: logs.source });
      if (broken !== undefined) refuse(context, "resources.limits.memory", broken.problem, broken.remedy);
    },
    ifValid(["logs", "enabled"], ["logs", "source"], ["wal"], ["resources"]),
  )
  .superRefine(checkDelivery, ifValid(...readByDeliveryCheck))
  .superRefine(checkAuthorities, ifValid(...readByAuthoritiesCheck))
  .superRefine(checkPrometheusIdentity, ifValid(...readByIdentityCheck))
  .superRefine(checkPlainHttp, ifValid(...readByPlainHttpCheck))
  .superRefine(checkCanary, ifValid(...readByCanaryCheck))
  .superRefine(checkLokiReaders, ifValid(...readByLokiReadersCheck))
  .superRefine(checkFilledIn, ifValid(...readByFilledInCheck))
  .superRefine(checkImageVariant, ifValid(...readByImageVariantCheck))
  // The last one: its type is that of all settings, which is inferred from what stands above.
  .superRefine(checkNetwork, ifValid(...readByNetworkCheck));

/** What stack config may hold under `alloy:`. */
export const settingsSchema = anySettings.superRefine(
  ({ kubernetes, environment }, context) => {
    if (!kubernetes && environment !== "local")
      refuse(
        context,
        "kubernetes",
        "is missing, and the kubeconfig's current context may be any cluster",
        "write { context: NAME }",
      );
  },
  ifValid(["kubernetes"], ["environment"]),
);

/** The validated settings of one stack: the only thing the rest of the program knows about stack config. */
export type Settings = z.infer<typeof settingsSchema>;
