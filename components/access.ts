import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { PipelineNeeds } from "../pipeline/needs";
import { annotated, commonLabels, names } from "../settings/names";
import { identityMarks } from "../settings/prometheus/identity";
import type { Settings } from "../settings/schema";

/** The collectors' own identity and what it may read: exactly what the pipeline needs. */
export class CollectorAccess extends pulumi.ComponentResource {
  public readonly serviceAccount: k8s.core.v1.ServiceAccount;
  /** Wait for it before a pod starts: without it the first requests are refused. */
  public readonly binding: k8s.rbac.v1.ClusterRoleBinding;

  constructor(name: string, args: CollectorAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("detectviz:alloy:CollectorAccess", name, {}, opts);
    const { settings, needs } = args;
    const labels = commonLabels(settings);
    const child = { parent: this, dependsOn: args.dependsOn };

    this.serviceAccount = new k8s.core.v1.ServiceAccount(
      `${name}-service-account`,
      {
        metadata: {
          name: names.serviceAccount,
          namespace: settings.namespace.name,
          labels,
          ...annotated(settings, identityMarks(settings).annotations),
        },
        automountServiceAccountToken: false,
      },
      child,
    );
    const role = new k8s.rbac.v1.ClusterRole(
      `${name}-cluster-role`,
      {
        metadata: { name: settings.names.clusterRole, labels, ...annotated(settings) },
        rules: clusterRoleRules(needs),
      },
      child,
    );
    this.binding = new k8s.rbac.v1.ClusterRoleBinding(
      `${name}-cluster-role-binding`,
      {
        metadata: { name: settings.names.clusterRole, labels, ...annotated(settings) },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: settings.names.clusterRole },
        subjects: [{ kind: "ServiceAccount", name: names.serviceAccount, namespace: settings.namespace.name }],
      },
      { ...child, dependsOn: [...args.dependsOn, role, this.serviceAccount] },
    );
    this.registerOutputs({});
  }
}

export interface CollectorAccessArgs {
  /** The stack's settings; `namespace.name` says where the ServiceAccount lives. */
  settings: Settings;
  /** The sum of what the pipeline's sections need; its permissions become the ClusterRole, one rule a resource. */
  needs: PipelineNeeds;
  /** The namespace. */
  dependsOn: pulumi.Resource[];
}

/** One rule a resource, sorted, so that a changed permission is one changed line in a preview. */
export function clusterRoleRules(needs: PipelineNeeds): k8s.types.input.rbac.v1.PolicyRule[] {
  return needs.permissions
    .map(({ group, resource, verbs }) => ({ apiGroups: [group], resources: [resource], verbs: [...verbs].sort() }))
    .sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
}

function keyOf(rule: { apiGroups: string[]; resources: string[] }): string {
  return [...rule.apiGroups, ...rule.resources].join("/");
}
