import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { dashboardText } from "../dashboard/dashboard";
import { annotated, commonLabels, names } from "../settings/names";
import type { Settings } from "../settings/schema";

/** Has Grafana show the collectors: its sidecar puts a dashboard in place that is computed from the stack's settings. */
export class Dashboard extends pulumi.ComponentResource {
  constructor(name: string, args: DashboardArgs, opts?: pulumi.ComponentResourceOptions) {
    super("detectviz:alloy:Dashboard", name, {}, opts);
    const { settings, pipelineText } = args;
    const { namespace, labels, annotations } = settings.dashboard;
    new k8s.core.v1.ConfigMap(
      `${name}-config-map`,
      {
        metadata: {
          name: names.dashboard,
          namespace: namespace ?? settings.namespace.name,
          labels: { ...commonLabels(settings), ...labels },
          ...annotated(settings, annotations),
        },
        // The file's name has the cluster in it: a Grafana may show the dashboards of several.
        data: { [`alloy-${settings.clusterName}.json`]: dashboardText(settings, pipelineText) },
      },
      { parent: this, dependsOn: args.dependsOn },
    );
    this.registerOutputs({});
  }
}

export interface DashboardArgs {
  /** The stack's settings; `dashboard` says where Grafana's sidecar looks. */
  settings: Settings;
  /** The text of config.alloy: the dashboard counts the collectors that report the hash of another one. */
  pipelineText: string;
  /** The collectors' namespace. */
  dependsOn: pulumi.Resource[];
}
