import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { annotated, commonLabels, names, selectorLabels } from "../settings/names";
import type { Settings } from "../settings/schema";
import type { PodTemplate } from "./pod/pod-spec";

/** One collector on every node. */
export class CollectorDaemonSet extends pulumi.ComponentResource {
  public readonly daemonSet: k8s.apps.v1.DaemonSet;

  constructor(name: string, args: CollectorDaemonSetArgs, opts?: pulumi.ComponentResourceOptions) {
    super("detectviz:alloy:CollectorDaemonSet", name, {}, opts);
    const { settings, template } = args;
    const timeout = settings.rollout.timeout;
    this.daemonSet = new k8s.apps.v1.DaemonSet(
      `${name}-daemon-set`,
      {
        metadata: {
          name: names.daemonSet,
          namespace: settings.namespace.name,
          labels: commonLabels(settings),
          // The engine would wait for every node, also for one that is down for a week: `npx alloyctl up` waits for the others.
          ...annotated(settings, settings.rollout.await === "all" ? {} : { "pulumi.com/skipAwait": "true" }),
        },
        spec: {
          selector: { matchLabels: { ...selectorLabels } },
          // No surge: two collectors on one node would share one storage directory and its positions.
          updateStrategy: {
            type: "RollingUpdate",
            rollingUpdate: { maxUnavailable: settings.rollout.maxUnavailable, maxSurge: 0 },
          },
          template,
        },
      },
      { parent: this, dependsOn: args.dependsOn, customTimeouts: { create: timeout, update: timeout } },
    );
    this.registerOutputs({});
  }
}

export interface CollectorDaemonSetArgs {
  /** The stack's settings; `rollout` says how many nodes change at once, and whom `up` waits for how long. */
  settings: Settings;
  /** The pod template from {@link podTemplate}; plain values, so that policies see them at preview. */
  template: PodTemplate;
  /** What a pod needs to start: ConfigMap, Secret, ServiceAccount and binding. */
  dependsOn: pulumi.Input<pulumi.Resource>[];
}
