import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { canaryTarget } from "../../settings/canary/schema";
import { annotated, canaryLabels, canaryPort, canarySelectorLabels, names } from "../../settings/names";
import type { Settings } from "../../settings/schema";
import { canaryPodTemplate } from "./pod-spec";
import { ClusterServices } from "../network/cluster-services";
import { networkPolicySpec, waysToDns } from "../network/policy-rules";
import { podMonitorSpec } from "../self-monitoring";

/** Grafana's loki-canary on every node: it counts lines that it has written and that Loki does not have. */
export class Canary extends pulumi.ComponentResource {
  public readonly daemonSet: k8s.apps.v1.DaemonSet;

  constructor(name: string, args: CanaryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("detectviz:alloy:Canary", name, {}, opts);
    const { settings, dependsOn } = args;
    const metadata = {
      name: names.canary,
      namespace: settings.namespace.name,
      labels: canaryLabels(settings),
      ...annotated(settings),
    };
    const child = { parent: this, dependsOn };

    // Of its own, bound to nothing: the namespace's default may be bound to anything.
    const serviceAccount = new k8s.core.v1.ServiceAccount(
      `${name}-service-account`,
      { metadata, automountServiceAccountToken: false },
      child,
    );
    const policy = settings.network.enabled ? [this.networkPolicy(name, args, metadata)] : [];
    this.daemonSet = new k8s.apps.v1.DaemonSet(
      `${name}-daemon-set`,
      {
        metadata: {
          ...metadata,
          ...annotated(settings, settings.rollout.await === "all" ? {} : { "pulumi.com/skipAwait": "true" }),
        },
        spec: {
          selector: { matchLabels: { ...canarySelectorLabels } },
          // No surge: two canaries of one node would each find the other's lines where pods are not told apart.
          updateStrategy: {
            type: "RollingUpdate",
            rollingUpdate: { maxUnavailable: settings.rollout.maxUnavailable, maxSurge: 0 },
          },
          template: canaryPodTemplate(settings),
        },
      },
      { ...child, dependsOn: [...dependsOn, serviceAccount, ...policy] },
    );
    if (settings.selfMonitoring.enabled)
      new k8s.apiextensions.CustomResource(
        `${name}-pod-monitor`,
        {
          apiVersion: "monitoring.coreos.com/v1",
          kind: "PodMonitor",
          metadata: { ...metadata, labels: { ...metadata.labels, ...settings.selfMonitoring.labels } },
          spec: podMonitorSpec(settings, canarySelectorLabels),
        },
        child,
      );
    this.registerOutputs({});
  }

  /** Out to DNS and to Loki, in for whoever scrapes: /suspend, beside its metrics, asks nobody for a password. */
  private networkPolicy(
    name: string,
    { settings, stackFile, dependsOn }: CanaryArgs,
    metadata: k8s.types.input.meta.v1.ObjectMeta,
  ): k8s.networking.v1.NetworkPolicy {
    const cluster = new ClusterServices(`${name}-network`, { settings, stackFile }, this);
    const spec = pulumi.all([cluster.waysTo(canaryTarget(settings)), cluster.scrapers()]).apply(([ways, scrapers]) =>
      networkPolicySpec([...waysToDns(settings), ...ways], scrapers, {
        labels: canarySelectorLabels,
        port: canaryPort,
      }),
    );
    return new k8s.networking.v1.NetworkPolicy(
      `${name}-network-policy`,
      { metadata, spec },
      { parent: this, dependsOn },
    );
  }
}

export interface CanaryArgs {
  /** The stack's settings; `canary` says what runs and whom it asks. */
  settings: Settings;
  /** The stack's file, named in messages. */
  stackFile: string;
  /** The namespace and the PodMonitor kind's definition. */
  dependsOn: pulumi.Resource[];
}
