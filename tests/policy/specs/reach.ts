import { guardEffective } from "../../../policy/rules/guard-effective";
import { ingressAnnotations } from "../../../policy/rules/ingress-annotations";
import { kindAllowed } from "../../../policy/rules/kind-allowed";
import { monitorCredentials } from "../../../policy/rules/monitor-credentials";
import { namespaceExplicit } from "../../../policy/rules/namespace-explicit";
import { objectEmbedded } from "../../../policy/rules/object-embedded";
import { rbacRoleKnown } from "../../../policy/rules/rbac-role-known";
import { serviceAccountCloudRole } from "../../../policy/rules/service-account-cloud-role";
import { serviceExposure } from "../../../policy/rules/service-exposure";
import type { Plain } from "../../../policy/values";
import type { Resource } from "../../../policy/rule";
import { happyBinding, happyClusterRole, happyNetworkPolicy, happyPodMonitor, happyServiceAccount } from "../happy";
import type { RuleSpec } from "../spec";
import { resource } from "../support";

const object = (apiVersion: string, kind: string, fields: Plain): Resource => {
  const module = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
  const metadata = { name: "web", namespace: "shop" };
  return resource(`kubernetes:${module}:${kind}`, "web", { apiVersion, kind, metadata, ...fields });
};

const certificate = (): Resource =>
  object("cert-manager.io/v1", "Certificate", { spec: { secretName: "web-tls", issuerRef: { name: "own" } } });
const widget = (): Resource => object("example.com/v1", "Widget", { spec: { size: 3, target: { name: "other" } } });
const service = (): Resource =>
  object("v1", "Service", { spec: { type: "ClusterIP", selector: { app: "web" }, ports: [{ port: 80 }] } });
const ingress = (): Resource =>
  object("networking.k8s.io/v1", "Ingress", {
    metadata: { name: "web", namespace: "shop", annotations: { "nginx.ingress.kubernetes.io/rewrite-target": "/" } },
    spec: { rules: [{ host: "shop.example.com" }] },
  });
const budget = (): Resource => object("policy/v1", "PodDisruptionBudget", { spec: { maxUnavailable: 1 } });

const pod = { containers: [{ name: "a", image: "registry.example.com/a:1.0" }] };
const manifest = { apiVersion: "v1", kind: "Pod", spec: {} };
const annotation = (key: string): string => `metadata.annotations["${key}"]`;

export const reachSpecs: RuleSpec[] = [
  {
    rule: rbacRoleKnown,
    happy: () => [happyBinding(), happyClusterRole()],
    failures: [
      { field: "roleRef.name", set: "site-operators" },
      { field: "roleRef.kind", set: "Role", says: "roleRef.name" },
      { field: "roleRef", set: { kind: "ClusterRole", name: "alloy-2" }, says: "roleRef.name" },
    ],
    passes: [
      { field: "roleRef.name", set: "view" },
      { field: "roleRef.name", set: "system:auth-delegator" },
      { field: "subjects" },
    ],
    unknown: ["roleRef.name", "roleRef"],
  },
  {
    rule: serviceAccountCloudRole,
    happy: happyServiceAccount,
    failures: [
      { field: annotation("eks.amazonaws.com/role-arn"), set: "arn:aws:iam::1:role/a" },
      { field: annotation("iam.gke.io/gcp-service-account"), set: "a@b.iam.gserviceaccount.com" },
      { field: annotation("azure.workload.identity/client-id"), set: 7 },
    ],
    passes: [
      { field: "metadata.annotations" },
      { field: annotation("example.com/owner"), set: "team" },
      {
        field: annotation("eks.amazonaws.com/role-arn"),
        set: "arn:aws:iam::1:role/a",
        options: { config: { allowed: ["arn:aws:iam::1:role/a"] } },
      },
    ],
    unknown: ["metadata.annotations", annotation("eks.amazonaws.com/role-arn")],
  },
  {
    rule: serviceExposure,
    happy: service,
    failures: [
      { field: "spec.type", set: "LoadBalancer" },
      { field: "spec.type", set: "NodePort" },
      { field: "spec.type", set: "ExternalName" },
      { field: "spec.externalIPs", set: ["192.0.2.1"] },
      { field: "spec.externalIPs", set: "192.0.2.1" },
    ],
    passes: [
      { field: "spec.type" },
      { field: "spec.externalIPs", set: [] },
      { field: "spec", set: { type: "LoadBalancer", loadBalancerSourceRanges: ["192.0.2.0/24"] } },
    ],
    unknown: ["spec.type", "spec.externalIPs"],
  },
  {
    rule: serviceExposure,
    happy: service,
    failures: [
      {
        field: "spec",
        set: { type: "LoadBalancer", loadBalancerSourceRanges: ["10.0.0.0/8", "0.0.0.0/0"] },
        says: "spec.type",
      },
    ],
    unknown: ["spec"],
  },
  {
    rule: ingressAnnotations,
    happy: ingress,
    failures: [
      { field: annotation("nginx.ingress.kubernetes.io/server-snippet"), set: "a" },
      { field: annotation("nginx.org/location-snippets"), set: "a" },
      { field: annotation("haproxy-ingress.github.io/config-backend"), set: "a" },
      { field: annotation("nginx.ingress.kubernetes.io/mirror-target"), set: "https://a" },
      { field: annotation("nginx.ingress.kubernetes.io/auth-url"), set: "https://a" },
    ],
    passes: [
      { field: "metadata.annotations" },
      { field: annotation("cert-manager.io/cluster-issuer"), set: "letsencrypt" },
      { field: annotation("nginx.ingress.kubernetes.io/proxy-body-size"), set: "8m" },
    ],
    unknown: ["metadata.annotations"],
  },
  {
    rule: guardEffective,
    happy: happyNetworkPolicy,
    failures: [
      { field: "spec.egress", set: [{}], says: "spec.egress[0]" },
      { field: "spec.ingress[0]", set: { from: [] } },
      { field: "spec.egress[1]", set: { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }, says: "spec.egress[1].to" },
      {
        field: "spec.podSelector.matchExpressions",
        set: [{ key: "pod-template-hash", operator: "DoesNotExist" }],
        says: "spec.podSelector.matchExpressions[0]",
      },
    ],
    passes: [
      { field: "spec.egress" },
      { field: "spec.ingress", set: [] },
      { field: "spec.egress[1]", set: { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }], ports: [{ port: 443 }] } },
    ],
    unknown: ["spec.egress", "spec.ingress[0]"],
  },
  {
    rule: guardEffective,
    happy: budget,
    failures: [
      { field: "spec.maxUnavailable", set: 0 },
      { field: "spec.maxUnavailable", set: "0%" },
      { field: "spec.maxUnavailable" },
      { field: "spec", set: { minAvailable: "100%" }, says: "spec.minAvailable" },
    ],
    passes: [
      { field: "spec", set: { minAvailable: 1 } },
      { field: "spec.maxUnavailable", set: "25%" },
    ],
    unknown: ["spec.maxUnavailable"],
  },
  {
    rule: guardEffective,
    happy: () => object("v1", "LimitRange", { spec: { limits: [{ type: "Container", max: { memory: "1Gi" } }] } }),
    failures: [
      { field: "spec.limits", set: [] },
      { field: "spec.limits[0].max", says: "spec.limits" },
    ],
    unknown: ["spec.limits"],
  },
  {
    rule: guardEffective,
    happy: () => object("v1", "ResourceQuota", { spec: { hard: { pods: "10" } } }),
    failures: [{ field: "spec.hard" }, { field: "spec.hard", set: "10" }],
    unknown: ["spec.hard"],
  },
  {
    rule: monitorCredentials,
    happy: happyPodMonitor,
    failures: [
      { field: "spec.podMetricsEndpoints[0].proxyUrl", set: "http://a" },
      { field: "spec.podMetricsEndpoints[0].bearerTokenFile", set: "/etc/shadow" },
      { field: "spec.podMetricsEndpoints[0].tlsConfig.keyFile", set: "/etc/key" },
    ],
    passes: [
      {
        field: "spec.podMetricsEndpoints[0].bearerTokenFile",
        set: "/var/run/secrets/kubernetes.io/serviceaccount/token",
      },
      { field: "spec.podMetricsEndpoints[0].tlsConfig.insecureSkipVerify", set: true },
    ],
    unknown: ["spec.podMetricsEndpoints", "spec.podMetricsEndpoints[0].proxyUrl"],
  },
  {
    rule: namespaceExplicit,
    happy: service,
    failures: [
      { field: "metadata.namespace", set: "kyverno" },
      { field: "metadata.namespace", set: "istio-system" },
      { field: "metadata.namespace", set: "openshift-monitoring" },
    ],
    passes: [
      { field: "metadata.namespace", set: "argocd", options: { config: { allowed: ["argocd"] } } },
      { field: "metadata.namespace", set: "shop-kyverno" },
    ],
    unknown: ["metadata.namespace"],
  },
  {
    rule: kindAllowed,
    happy: certificate,
    failures: [
      { field: "metadata.namespace" },
      { field: "metadata.namespace", set: 7 },
      { field: "metadata", says: "metadata.namespace" },
    ],
    passes: [{ field: "spec" }, { field: "metadata.labels", set: { a: "b" } }],
    unknown: ["metadata.namespace", "metadata"],
  },
  {
    rule: kindAllowed,
    happy: widget,
    options: { config: { allowed: ["example.com/Widget"] } },
    failures: [
      { field: "spec", set: {}, options: { config: { allowed: [] } }, says: "kind" },
      { field: "spec", set: {}, options: { config: { allowed: ["example.org/Widget"] } }, says: "kind" },
      { field: "metadata.namespace", options: { config: { allowed: ["example.com/Widget"] } } },
    ],
    passes: [{ field: "spec" }, { field: "kind", set: "Widget" }],
    unknown: ["metadata.namespace"],
  },
  {
    rule: objectEmbedded,
    happy: widget,
    failures: [
      { field: "spec.template.spec", set: pod },
      { field: "spec.resources", set: [manifest], says: "spec.resources[0]" },
      { field: "spec.tasks", set: [{ steps: [{ image: "a", script: "b" }] }], says: "spec.tasks[0]" },
      { field: "spec.container", set: { image: "a" }, says: "spec" },
      { field: "spec.deep", set: { a: { b: { hostPID: true, volumes: [] } } }, says: "spec.deep.a.b" },
    ],
    passes: [
      { field: "spec.image", set: "registry.example.com/a:1" },
      { field: "spec.scaleTargetRef", set: { apiVersion: "apps/v1", kind: "Deployment", name: "web" } },
      { field: "spec.containers", set: ["a", "b"] },
    ],
    unknown: ["spec", "spec.target"],
  },
];
