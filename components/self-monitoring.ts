import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { annotated, commonLabels, names, selectorLabels } from "../settings/names";
import type { Settings } from "../settings/schema";

/** The fields of a PodMonitor that are used here. Source: prometheus-operator, api/v1 PodMonitorSpec. */
export interface PodMonitorSpec {
  /** Target label `job` of the collectors' own metrics. */
  jobLabel: string;
  selector: { matchLabels: Record<string, string> };
  namespaceSelector: { matchNames: string[] };
  podMetricsEndpoints: {
    port: string;
    path: string;
    /** A Go duration. */
    interval: string;
    relabelings: { action: "replace"; sourceLabels: string[]; targetLabel: string }[];
  }[];
}

/** Has Prometheus scrape the collectors themselves. */
export class SelfMonitoring extends pulumi.ComponentResource {
  constructor(name: string, args: SelfMonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("detectviz:alloy:SelfMonitoring", name, {}, opts);
    const { settings } = args;
    new k8s.apiextensions.CustomResource(
      `${name}-pod-monitor`,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PodMonitor",
        metadata: {
          name: names.podMonitor,
          namespace: settings.namespace.name,
          labels: { ...commonLabels(settings), ...settings.selfMonitoring.labels },
          ...annotated(settings),
        },
        spec: podMonitorSpec(settings),
      },
      { parent: this, dependsOn: args.dependsOn },
    );
    this.registerOutputs({});
  }
}

export interface SelfMonitoringArgs {
  /** The stack's settings; `selfMonitoring.labels` are those by which the Prometheus Operator selects. */
  settings: Settings;
  /** The namespace and the PodMonitor kind's definition. */
  dependsOn: pulumi.Resource[];
}

/** Selects pods by the labels of their DaemonSet, the collectors' own; with the node's name as label `node`. */
export function podMonitorSpec(
  settings: Settings,
  labels: Readonly<Record<string, string>> = selectorLabels,
): PodMonitorSpec {
  return {
    jobLabel: "app.kubernetes.io/name",
    selector: { matchLabels: { ...labels } },
    namespaceSelector: { matchNames: [settings.namespace.name] },
    podMetricsEndpoints: [
      {
        port: names.portName,
        path: "/metrics",
        interval: settings.selfMonitoring.scrapeInterval,
        relabelings: [{ action: "replace", sourceLabels: ["__meta_kubernetes_pod_node_name"], targetLabel: "node" }],
      },
    ],
  };
}
