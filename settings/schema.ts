import { z } from "zod";

import { canary } from "./canary/schema";
import { canaryRule, readByCanaryRule } from "./canary/checks";
import { credentials, mtlsNeedsHttps, vault } from "./credentials";
import { extraSections } from "./extra-sections";
import * as field from "./fields";
import { logs, metrics, resources, rollout, selfMonitoring, wal } from "./objects";
import { network } from "./network/schema";
import { networkRule, readByNetworkRule } from "./network/checks";
import { plainHttpRule, readByPlainHttpRule } from "./plain-http";
import { reading, refuse } from "./cross-field-check";
import { terraform } from "./terraform";

// Every cluster has these from its beginning.
const clusterNamespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

/**
 * Everything that may be set, strictly: an unknown key is an error, since a misspelt one would silently leave a default
 * in place.
 */
export const anySettings = z
  .strictObject({
    /** Kubernetes cluster name: env CLUSTER_NAME, label `cluster`. */
    clusterName: field.labelValue,
    /** Loki tenant: env LOKI_TENANT, header X-Scope-OrgID. */
    lokiTenant: field.tenant,
    /** Decides how strictly policies are enforced and what is protected from deletion. */
    environment: field.choice(["production", "staging", "local"]),
    /** Regular expression of node names whose pods are collected: env NODE_SELECTOR. */
    nodeSelector: field.selector.default(".*"),
    lokiUrl: field.lokiPushUrl.default("http://loki-gateway.monitoring.svc:80/loki/api/v1/push"),
    prometheusUrl: field.remoteWriteUrl.default("http://kube-prometheus-stack-prometheus.monitoring:9090/api/v1/write"),
    logLevel: field.choice(["error", "warn", "info", "debug"]).default("info"),
    image: field.image.default("docker.io/grafana/alloy:v1.18.1"),
    /** The context of the kubeconfig, whose path stays out of the state. Required outside local. */
    kubernetes: z
      .strictObject({ context: field.name("the name of a kubeconfig context, such as detectviz-prod") })
      .optional(),
    vault,
    resources,
    wal,
    credentials,
    logs,
    metrics,
    selfMonitoring,
    rollout,
    extraSections,
    network,
    canary,
    namespace: z
      .strictObject({
        name: field.objectName.default("monitoring"),
        /** false: the namespace exists and belongs to somebody else; it is read, never changed. */
        managed: field.flag.default(true),
      })
      .prefault({}),
    /** What Terraform says: preview and up refuse a stack that says otherwise. */
    terraform,
    pod: z
      .strictObject({
        priorityClassName: field.priorityClass.default("system-node-critical"),
        imagePullSecrets: z.array(field.objectName).default([]),
      })
      .prefault({}),
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
    reading(["vault"], ["credentials", "mode"]),
  )
  .superRefine(mtlsNeedsHttps, reading(["credentials"], ["lokiUrl"], ["prometheusUrl"]))
  .superRefine(
    ({ logs, metrics }, context) => {
      if (!logs.enabled && !metrics.enabled)
        refuse(
          context,
          "logs.enabled",
          "is off and alloy:metrics.enabled too, so there is nothing to collect",
          "turn one of them on",
        );
    },
    reading(["logs", "enabled"], ["metrics", "enabled"]),
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
    reading(["namespace"]),
  )
  .superRefine(plainHttpRule, reading(...readByPlainHttpRule))
  .superRefine(canaryRule, reading(...readByCanaryRule))
  .superRefine(networkRule, reading(...readByNetworkRule));

/** What stack config may hold under `alloy:`. */
export const settingsSchema = anySettings.superRefine(
  ({ kubernetes, environment }, context) => {
    if (!kubernetes && environment !== "local")
      refuse(
        context,
        "kubernetes",
        "is missing, and the current context may be any cluster",
        "write { context: NAME }",
      );
  },
  reading(["kubernetes"], ["environment"]),
);

/** The validated settings of one stack: the only thing the rest of the program knows about stack config. */
export type Settings = z.infer<typeof settingsSchema>;
