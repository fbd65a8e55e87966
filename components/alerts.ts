import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { prometheusRuleSpec } from "../alerts/prometheus-rule";
import { annotated, commonLabels, names } from "../settings/names";
import type { Settings } from "../settings/schema";

/** Has Prometheus evaluate the alerts about the collectors, each computed from the stack's settings. */
export class Alerts extends pulumi.ComponentResource {
  constructor(name: string, args: AlertsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("detectviz:alloy:Alerts", name, {}, opts);
    const { settings, pipelineText } = args;
    new k8s.apiextensions.CustomResource(
      `${name}-prometheus-rule`,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PrometheusRule",
        metadata: {
          name: names.prometheusRule,
          namespace: settings.namespace.name,
          labels: { ...commonLabels(settings), ...settings.alerts.labels },
          ...annotated(settings),
        },
        spec: prometheusRuleSpec(settings, pipelineText),
      },
      { parent: this, dependsOn: args.dependsOn },
    );
    this.registerOutputs({});
  }
}

export interface AlertsArgs {
  /** The stack's settings; `alerts.labels` are those by which the Prometheus Operator selects rules. */
  settings: Settings;
  /** The text of config.alloy. A collector that reports the hash of another text raises an alert. */
  pipelineText: string;
  /** The namespace, and the read that proves that the Prometheus Operator's kinds are there. */
  dependsOn: pulumi.Resource[];
}
