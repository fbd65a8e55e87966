import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { composePipeline } from "../pipeline/compose";
import type { Settings } from "../settings/schema";
import { CollectorAccess } from "./access";
import { VaultCredentials } from "./credentials";
import { CollectorDaemonSet } from "./daemonset";
import { MonitoringNamespace } from "./namespace";
import { PipelineConfig } from "./pipeline-config";
import { podTemplate } from "./pod-spec";
import { SelfMonitoring } from "./self-monitoring";

/**
 * Grafana Alloy on every node: the one component that a stack creates. The pipeline is composed first; what it needs
 * decides the permissions, the variables, the mounts and the credentials of everything else.
 */
export class Alloy extends pulumi.ComponentResource {
  public readonly namespace: pulumi.Output<string>;
  /** Name of the DaemonSet; known once its rollout is done. */
  public readonly daemonSet: pulumi.Output<string>;
  public readonly configChecksum: string;

  constructor(name: string, args: AlloyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("detectviz:alloy:Alloy", name, {}, opts);
    const { settings, stackFile } = args;
    const pipeline = composePipeline(settings);
    const child = { parent: this };

    const namespace = new MonitoringNamespace(
      `${name}-monitoring`,
      { settings, dependsOn: [this.readCluster(name, settings)] },
      child,
    );
    const dependsOn = [namespace.resource];

    const access = new CollectorAccess(`${name}-access`, { settings, needs: pipeline.needs, dependsOn }, child);
    const config = new PipelineConfig(`${name}-pipeline`, { settings, text: pipeline.text, dependsOn }, child);
    const credentials =
      settings.credentials.mode === "secret"
        ? [new VaultCredentials(`${name}-credentials`, { settings, stackFile, dependsOn }, child).secret]
        : [];

    const collectors = new CollectorDaemonSet(
      `${name}-collectors`,
      {
        settings,
        template: podTemplate({ settings, needs: pipeline.needs, configChecksum: config.checksum }),
        dependsOn: [...dependsOn, access.binding, config.configMap, ...credentials],
      },
      child,
    );
    if (settings.selfMonitoring.enabled) new SelfMonitoring(`${name}-self-monitoring`, { settings, dependsOn }, child);

    this.namespace = namespace.namespace;
    this.daemonSet = collectors.daemonSet.metadata.name;
    this.configChecksum = config.checksum;
    this.registerOutputs({ namespace: this.namespace, daemonSet: this.daemonSet });
  }

  /**
   * Reads one object before anything else. An API server that cannot be reached, and a kind that is absent, preview
   * green otherwise and fail half-way through `up` (pulumi-kubernetes provider.go, skipPreview).
   */
  private readCluster(name: string, settings: Settings): pulumi.Resource {
    return settings.selfMonitoring.enabled
      ? k8s.apiextensions.v1.CustomResourceDefinition.get(
          `${name}-pod-monitor-kind`,
          "podmonitors.monitoring.coreos.com",
          { parent: this },
        )
      : k8s.core.v1.Namespace.get(`${name}-kube-system`, "kube-system", { parent: this });
  }
}

export interface AlloyArgs {
  /** The validated settings of the stack. */
  settings: Settings;
  /** The file they came from, named in messages: `Pulumi.production.yaml`. */
  stackFile: string;
}
