import type { Settings } from "../../../../settings/schema";
import { specified, unique, type Permission } from "../component-permissions";
import { component, kubernetesObject, type Expected } from "./expected";
import { annotationsOf, labelsOf, metadataOf } from "./labels";
import { cloudMarks } from "./cloud";

const rbac = "rbac.authorization.k8s.io";

/** The namespace, where this stack manages it. Source: design of the pod-security labels, policy/README.md */
export function expectedNamespace(settings: Settings): Expected[] {
  const { namespace, environment, labels } = settings;
  const part = component("MonitoringNamespace", "alloy-monitoring");
  if (!namespace.managed) return [part];
  return [
    part,
    kubernetesObject(
      "v1",
      "Namespace",
      { name: "alloy-monitoring-namespace", protect: environment === "production" },
      {
        metadata: {
          name: namespace.name,
          labels: {
            ...labels,
            "app.kubernetes.io/part-of": "detectviz",
            "app.kubernetes.io/managed-by": "pulumi",
            // A hostPath passes no stricter profile; audit and warn name everything beside it.
            "pod-security.kubernetes.io/enforce": "privileged",
            "pod-security.kubernetes.io/audit": "restricted",
            "pod-security.kubernetes.io/warn": "restricted",
          },
          ...annotationsOf(settings),
        },
      },
    ),
  ];
}

/**
 * The collectors' identity and what it may read.
 *
 * @param needed what the components of the pipeline ask of the API, from the pack's own table
 */
export function expectedAccess(settings: Settings, needed: readonly Permission[]): Expected[] {
  const part = component("CollectorAccess", "alloy-access");
  const labels = labelsOf(settings);
  return [
    part,
    kubernetesObject(
      "v1",
      "ServiceAccount",
      { name: "alloy-access-service-account" },
      {
        metadata: {
          ...metadataOf(settings, "alloy"),
          ...annotationsOf(settings, cloudMarks(settings).serviceAccount),
        },
        automountServiceAccountToken: false,
      },
    ),
    kubernetesObject(
      `${rbac}/v1`,
      "ClusterRole",
      { name: "alloy-access-cluster-role" },
      {
        metadata: { name: settings.names.clusterRole, labels, ...annotationsOf(settings) },
        rules: rulesOf([...needed, ...specified]),
      },
    ),
    kubernetesObject(
      `${rbac}/v1`,
      "ClusterRoleBinding",
      { name: "alloy-access-cluster-role-binding" },
      {
        metadata: { name: settings.names.clusterRole, labels, ...annotationsOf(settings) },
        roleRef: { apiGroup: rbac, kind: "ClusterRole", name: settings.names.clusterRole },
        subjects: [{ kind: "ServiceAccount", name: "alloy", namespace: settings.namespace.name }],
      },
    ),
  ];
}

/** One rule a resource, sorted, its verbs sorted too: a permission more is one line more in a preview. */
function rulesOf(permissions: readonly Permission[]): { apiGroups: string[]; resources: string[]; verbs: string[] }[] {
  const verbs = new Map<string, { group: string; resource: string; verbs: string[] }>();
  for (const { group, resource, verb } of unique(permissions)) {
    const key = `${group}/${resource}`;
    const rule = verbs.get(key) ?? { group, resource, verbs: [] };
    rule.verbs.push(verb);
    verbs.set(key, rule);
  }
  return [...verbs.entries()]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([, rule]) => ({ apiGroups: [rule.group], resources: [rule.resource], verbs: [...rule.verbs].sort() }));
}
