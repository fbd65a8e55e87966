import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { warnAt } from "../errors/run-error";
import { hasAlerts } from "../settings/alerts";
import { hasDashboard } from "../settings/dashboard";
import { CollectorAccess } from "./access";
import { Alerts } from "./alerts";
import { Canary } from "./canary/canary";
import { VaultCredentials } from "./credentials";
import { CollectorDaemonSet } from "./daemonset";
import { Dashboard } from "./dashboard";
import { DataSource } from "./data-source";
import type { LoginTest } from "../vault/try-login";
import { LokiRules } from "./loki-rules";
import { MonitoringNamespace } from "./namespace";
import { CollectorNetwork } from "./network/network";
import { PipelineConfig } from "./pipeline-config";
import type { Prepared } from "./prepare";
import { podTemplate } from "./pod/pod-spec";
import { SelfMonitoring } from "./self-monitoring";
import { VaultAccess } from "./vault-access";

/**
 * Grafana Alloy on every node, from settings that are valid: the one component that our own stacks create. What the
 * composed pipeline needs decides the permissions, the variables, the mounts and the credentials of everything else.
 */
export class NodeCollectors extends pulumi.ComponentResource {
  public readonly namespace: pulumi.Output<string>;
  /** Name of the DaemonSet; known once its rollout is done. */
  public readonly daemonSet: pulumi.Output<string>;
  /** Changes whenever the pipeline's text does. */
  public readonly configChecksum: string;

  constructor(name: string, args: NodeCollectorsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("detectviz:alloy:Alloy", name, {}, opts);
    const { settings, pipeline, files, stackFile } = args;
    const child = { parent: this };
    if (settings.logLevel === "debug")
      warnAt(
        stackFile,
        "alloy:logLevel",
        "is debug: every line that is collected costs one of Alloy's own",
        "set it for a while only",
        this,
      );

    const namespace = new MonitoringNamespace(
      `${name}-monitoring`,
      { settings, dependsOn: [this.readCluster(name, args)] },
      child,
    );
    const dependsOn = [namespace.resource];

    const access = new CollectorAccess(`${name}-access`, { settings, needs: pipeline.needs, dependsOn }, child);
    const credentials = this.credentialsReady(`${name}-credentials`, args, access.serviceAccount, dependsOn);
    // Not before the collectors can log in: until then those that run need the pipeline and the ways out that they have.
    const onceAllowed = settings.credentials.mode === "vault" ? [...dependsOn, ...credentials] : dependsOn;
    const config = new PipelineConfig(
      `${name}-pipeline`,
      { settings, text: pipeline.text, files, dependsOn: onceAllowed },
      child,
    );
    if (settings.network.enabled)
      new CollectorNetwork(
        `${name}-network`,
        { settings, needs: pipeline.needs, stackFile, dependsOn: onceAllowed },
        child,
      );

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
    if (hasAlerts(settings)) new Alerts(`${name}-alerts`, { settings, pipelineText: pipeline.text, dependsOn }, child);
    if (hasDashboard(settings))
      new Dashboard(`${name}-dashboard`, { settings, pipelineText: pipeline.text, dependsOn }, child);
    if (settings.dataSource.enabled) new DataSource(`${name}-data-source`, { settings, dependsOn }, child);
    if (settings.ruler.enabled) new LokiRules(`${name}-loki-rules`, { settings, dependsOn }, child);
    if (settings.canary.enabled) new Canary(`${name}-canary`, { settings, stackFile, dependsOn }, child);

    this.namespace = namespace.namespace;
    this.daemonSet = collectors.daemonSet.metadata.name;
    this.configChecksum = config.checksum;
    this.registerOutputs({ namespace: this.namespace, daemonSet: this.daemonSet });
  }

  /** What a collector with these settings waits for, beside its own objects. */
  private credentialsReady(
    name: string,
    { settings, stackFile, testLogin }: NodeCollectorsArgs,
    serviceAccount: k8s.core.v1.ServiceAccount,
    dependsOn: pulumi.Resource[],
  ): pulumi.Input<pulumi.Resource>[] {
    const { mode } = settings.credentials;
    const child = { parent: this };
    if (mode === "secret") return [new VaultCredentials(name, { settings, stackFile, dependsOn }, child).secret];
    if (mode !== "vault") return [];
    return new VaultAccess(name, { settings, stackFile, serviceAccount, testLogin, dependsOn }, child).ready;
  }

  /**
   * Reads one object before anything else. An API server that cannot be reached, and a kind that is absent, preview
   * green otherwise and fail half-way through `up` (pulumi-kubernetes provider.go, skipPreview).
   */
  private readCluster(name: string, { settings, allowed }: NodeCollectorsArgs): pulumi.Resource {
    const child = { parent: this, ...(allowed !== undefined && { dependsOn: allowed }) };
    return settings.selfMonitoring.enabled
      ? k8s.apiextensions.v1.CustomResourceDefinition.get(
          `${name}-pod-monitor-kind`,
          "podmonitors.monitoring.coreos.com",
          child,
        )
      : k8s.core.v1.Namespace.get(`${name}-kube-system`, "kube-system", child);
  }
}

export interface NodeCollectorsArgs extends Prepared {
  /** Where the settings stand, named in messages: `Pulumi.production.yaml`, or the component of somebody's program. */
  stackFile: string;
  /** How the collectors' login to Vault is tried, in credentials mode `vault`. */
  testLogin: LoginTest;
  /** Nothing is read or declared before it; a failure of it ends the run. Not set: nothing to wait for. */
  allowed?: Promise<pulumi.Resource[]>;
}
