import type { JsonObject } from "../servers/cluster/kube-api";

/** One pod of the workload; it exists in the API, and the writer process plays its containers. */
export interface WorkloadPod {
  namespace: string;
  name: string;
  node: string;
  labels: Record<string, string>;
  containers: string[];
}

/** Namespaces of the workload. */
export const workloadNamespaces = ["demo-shop", "demo-batch"] as const;

function app(name: string, component: string, hash: string): Record<string, string> {
  return {
    "app.kubernetes.io/name": name,
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/part-of": "demo-shop",
    "pod-template-hash": hash,
  };
}

/**
 * At least two pods a node, with labels as they are met: the recommended ones, a pod of two containers, a job with
 * a controller's hash, and one that has an `app` label only.
 */
export const workloadPods: readonly WorkloadPod[] = [
  {
    namespace: "demo-shop",
    name: "gateway-6f7d9c5b4-2xkqp",
    node: "node-1",
    labels: app("gateway", "edge", "6f7d9c5b4"),
    containers: ["nginx"],
  },
  {
    namespace: "demo-batch",
    name: "legacy-report-0",
    node: "node-1",
    labels: { app: "legacy-report" },
    containers: ["report"],
  },
  {
    namespace: "demo-shop",
    name: "web-5c9d8f7b6-7hqzn",
    node: "node-2",
    labels: app("web", "frontend", "5c9d8f7b6"),
    containers: ["web"],
  },
  {
    namespace: "demo-shop",
    name: "cart-7b6cfd9d5-vl4mt",
    node: "node-2",
    labels: app("cart", "backend", "7b6cfd9d5"),
    containers: ["cart", "proxy"],
  },
  {
    namespace: "demo-shop",
    name: "web-5c9d8f7b6-t8w2c",
    node: "node-3",
    labels: app("web", "frontend", "5c9d8f7b6"),
    containers: ["web"],
  },
  {
    namespace: "demo-batch",
    name: "cleanup-x9f4k",
    node: "node-3",
    labels: {
      "app.kubernetes.io/name": "cleanup",
      "app.kubernetes.io/component": "batch",
      "controller-revision-hash": "cleanup-84d6b9",
    },
    containers: ["cleanup"],
  },
];

/** The namespaces and pods as Kubernetes objects; each pod is bound to its node, since the proof counts by node. */
export function workloadObjects(): { namespaces: JsonObject[]; pods: JsonObject[] } {
  return {
    namespaces: workloadNamespaces.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
    pods: workloadPods.map((pod) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: pod.name, namespace: pod.namespace, labels: pod.labels },
      spec: {
        nodeName: pod.node,
        automountServiceAccountToken: false,
        containers: pod.containers.map((name) => ({ name, image: "demo.invalid/played-by-the-sandbox:1" })),
      },
    })),
  };
}
