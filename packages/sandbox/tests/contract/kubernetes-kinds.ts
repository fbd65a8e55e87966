import type { PropertyMap, Value } from "../../stand-ins/values";
import { clone, isMap } from "../../stand-ins/values";

/** A change of inputs, and what Diff has to say of it. */
export interface Edit {
  set: Record<string, Value>;
  /** Path -> kind of change. */
  expect: Record<string, string>;
}

/** What the suite does with one kind. The reasons say why the program cares. */
export interface KindCase {
  type: string;
  why: string;
  namespaced: boolean;
  inputs: PropertyMap;
  inPlace: Edit;
  /** Fields that the server will not change. */
  replacing?: Edit;
  /** Fields that the provider's `enable…Mutable` options allow to be changed in place. */
  mutable?: Edit;
}

const labels = { "app.kubernetes.io/part-of": "contract" };

function object(apiVersion: string, kind: string, rest: PropertyMap): PropertyMap {
  return { apiVersion, kind, metadata: { labels }, ...rest };
}

const relabel: Edit = {
  set: { "metadata.labels": { "app.kubernetes.io/part-of": "edited" } },
  expect: { 'metadata.labels["app.kubernetes.io/part-of"]': "update" },
};

const container = {
  name: "pause",
  image: "registry.k8s.io/pause:3.10",
  resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "1000m", memory: "0.5Gi" } },
};

export const KINDS: KindCase[] = [
  {
    type: "kubernetes:core/v1:Namespace",
    why: "pod-security labels are changed in place: a replaced namespace would take everything in it along",
    namespaced: false,
    inputs: object("v1", "Namespace", {}),
    inPlace: relabel,
  },
  {
    type: "kubernetes:core/v1:ServiceAccount",
    why: "the collector's identity; its token is not mounted by default",
    namespaced: true,
    inputs: object("v1", "ServiceAccount", { automountServiceAccountToken: false }),
    inPlace: { set: { automountServiceAccountToken: true }, expect: { automountServiceAccountToken: "update" } },
  },
  {
    type: "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
    why: "permissions follow the pipeline's needs, and a role keeps its bindings while they change",
    namespaced: false,
    inputs: object("rbac.authorization.k8s.io/v1", "ClusterRole", {
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] }],
    }),
    inPlace: {
      set: { rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }] },
      expect: { "rules[0].verbs[2]": "add" },
    },
  },
  {
    type: "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
    why: "a binding cannot be pointed at another role",
    namespaced: false,
    inputs: object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", {
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "ServiceAccount", name: "contract", namespace: "default" }],
    }),
    inPlace: {
      set: { subjects: [{ kind: "ServiceAccount", name: "other", namespace: "default" }] },
      expect: { "subjects[0].name": "update" },
    },
    replacing: {
      set: { roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "edit" } },
      expect: { "roleRef.name": "update-replace" },
    },
  },
  {
    type: "kubernetes:core/v1:ConfigMap",
    why: "config.alloy: with enableConfigMapMutable it changes under a fixed name, without the object ever missing",
    namespaced: true,
    inputs: object("v1", "ConfigMap", { data: { "config.alloy": "logging {}\n" } }),
    inPlace: relabel,
    replacing: {
      set: { data: { "config.alloy": "tracing {}\n", extra: "1" } },
      expect: { 'data["config.alloy"]': "update-replace", "data.extra": "add-replace" },
    },
    mutable: {
      set: { data: { "config.alloy": "tracing {}\n", extra: "1" } },
      expect: { 'data["config.alloy"]': "update", "data.extra": "add" },
    },
  },
  {
    type: "kubernetes:core/v1:Secret",
    why: "credentials: changed in place with enableSecretMutable; the type never",
    namespaced: true,
    inputs: object("v1", "Secret", { type: "Opaque", stringData: { password: "correct-horse" } }),
    inPlace: relabel,
    replacing: {
      set: { stringData: { password: "battery-staple" } },
      expect: { "data.password": "update-replace" },
    },
    mutable: { set: { stringData: { password: "battery-staple" } }, expect: { "data.password": "update" } },
  },
  {
    type: "kubernetes:apps/v1:DaemonSet",
    why: "the checksum annotation rolls the pods in place; the selector is immutable",
    namespaced: true,
    inputs: object("apps/v1", "DaemonSet", {
      spec: {
        selector: { matchLabels: { app: "contract" } },
        template: {
          metadata: { labels: { app: "contract" }, annotations: { "alloy/checksum": "a" } },
          spec: { containers: [container], nodeSelector: { contract: "no-such-node" } },
        },
      },
    }),
    inPlace: {
      set: { "spec.template.metadata.annotations": { "alloy/checksum": "b" } },
      expect: { "spec.template.metadata.annotations.alloy/checksum": "update" },
    },
    replacing: {
      set: {
        "spec.selector": { matchLabels: { app: "renamed" } },
        "spec.template.metadata.labels": { app: "renamed" },
      },
      expect: {
        "spec.selector.matchLabels.app": "update-replace",
        "spec.template.metadata.labels.app": "update",
      },
    },
  },
  {
    type: "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    why: "egress rules follow the pipeline's addresses",
    namespaced: true,
    inputs: object("networking.k8s.io/v1", "NetworkPolicy", {
      spec: {
        podSelector: { matchLabels: { app: "contract" } },
        policyTypes: ["Egress"],
        egress: [{ ports: [{ protocol: "TCP", port: 3100 }] }],
      },
    }),
    inPlace: {
      set: { "spec.egress": [{ ports: [{ protocol: "TCP", port: 8080 }] }] },
      expect: { "spec.egress[0].ports[0].port": "update" },
    },
  },
  {
    type: "kubernetes:monitoring.coreos.com/v1:PodMonitor",
    why: "self-monitoring: a kind that only a CustomResourceDefinition brings",
    namespaced: true,
    inputs: object("monitoring.coreos.com/v1", "PodMonitor", {
      spec: { selector: { matchLabels: { app: "contract" } }, podMetricsEndpoints: [{ port: "http-metrics" }] },
    }),
    inPlace: {
      set: { "spec.podMetricsEndpoints": [{ port: "http-metrics", interval: "30s" }] },
      expect: { "spec.podMetricsEndpoints[0].interval": "add" },
    },
  },
  {
    type: "kubernetes:monitoring.coreos.com/v1:PrometheusRule",
    why: "alert rules are edited in place",
    namespaced: true,
    inputs: object("monitoring.coreos.com/v1", "PrometheusRule", {
      spec: { groups: [{ name: "alloy", rules: [{ alert: "AlloyDown", expr: "up == 0" }] }] },
    }),
    inPlace: {
      set: { "spec.groups": [{ name: "alloy", rules: [{ alert: "AlloyDown", expr: "up < 1" }] }] },
      expect: { "spec.groups[0].rules[0].expr": "update" },
    },
  },
];

/** The inputs under a name, with the members of `set` (dotted paths) exchanged. */
export function withName(
  inputs: PropertyMap,
  name: string,
  namespace: string | undefined,
  set: Record<string, Value> = {},
): PropertyMap {
  const result = clone(inputs);
  const metadata = isMap(result["metadata"]) ? result["metadata"] : {};
  result["metadata"] = { ...metadata, name, ...(namespace === undefined ? {} : { namespace }) };
  for (const [path, value] of Object.entries(set)) {
    const steps = path.split(".");
    const last = steps.pop() ?? "";
    let parent: PropertyMap = result;
    for (const step of steps) {
      const next = parent[step];
      parent[step] = isMap(next) ? { ...next } : {};
      parent = parent[step];
    }
    parent[last] = value;
  }
  return result;
}
