import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { annotated, namespaceLabels } from "../settings/names";
import type { Settings } from "../settings/schema";

/**
 * The namespace that holds the collectors. Managed, it is created, kept when the stack is destroyed (other things may
 * live in it) and protected in production. Not managed, it is only read: a missing one fails the preview, and nothing
 * in it is changed.
 */
export class MonitoringNamespace extends pulumi.ComponentResource {
  /** The namespace's name; known once the namespace is there. */
  public readonly namespace: pulumi.Output<string>;
  /** What everything in the namespace has to wait for. */
  public readonly resource: k8s.core.v1.Namespace;

  constructor(name: string, args: MonitoringNamespaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("detectviz:alloy:MonitoringNamespace", name, {}, opts);
    const { settings } = args;
    const { dependsOn } = args;

    this.resource = settings.namespace.managed
      ? new k8s.core.v1.Namespace(
          `${name}-namespace`,
          { metadata: { name: settings.namespace.name, labels: namespaceLabels(settings), ...annotated(settings) } },
          { parent: this, dependsOn, retainOnDelete: true, protect: settings.environment === "production" },
        )
      : k8s.core.v1.Namespace.get(`${name}-existing`, settings.namespace.name, { parent: this, dependsOn });

    this.namespace = this.resource.metadata.name;
    this.registerOutputs({ namespace: this.namespace });
  }
}

export interface MonitoringNamespaceArgs {
  /** The stack's settings; `namespace.name` and `namespace.managed` decide. */
  settings: Settings;
  /** What has to be there first; the namespace is the first object that is created. */
  dependsOn: pulumi.Resource[];
}
