import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { keptMetrics } from "../alerts/kept-metrics";
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
    relabelings: { action: "replace"; sourceLabels?: string[]; targetLabel: string; replacement?: string }[];
    /** What is kept of what was scraped; everything if it is not set. */
    metricRelabelings?: { action: "keep"; sourceLabels: string[]; regex: string }[];
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
        spec: podMonitorSpec(settings, selectorLabels, keptMetrics(settings)),
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

/**
 * Selects pods by the labels of their DaemonSet. Their metrics get the labels `node` and `cluster`: alerts name the node,
 * and one Prometheus may hold the metrics of several clusters.
 *
 * @param kept the names of the metrics that are kept; all of them if it is not set
 */
export function podMonitorSpec(
  settings: Settings,
  labels: Readonly<Record<string, string>>,
  kept?: readonly string[],
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
        relabelings: [
          { action: "replace", sourceLabels: ["__meta_kubernetes_pod_node_name"], targetLabel: "node" },
          { action: "replace", targetLabel: "cluster", replacement: settings.clusterName },
        ],
        ...(kept !== undefined && {
          metricRelabelings: [{ action: "keep" as const, sourceLabels: ["__name__"], regex: kept.join("|") }],
        }),
      },
    ],
  };
}
