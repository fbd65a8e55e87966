import * as fs from "node:fs";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { certificatesProblem } from "../pipeline/certificates";
import { composePipeline } from "../pipeline/compose";
import { vaultCaKey } from "../pipeline/vault";
import { UserError } from "../kit/user-error";
import type { Settings } from "../settings/schema";
import { CollectorAccess } from "./access";
import { Canary } from "./canary/canary";
import { VaultCredentials } from "./credentials";
import { CollectorDaemonSet } from "./daemonset";
import type { LoginTest } from "../vault/try-login";
import { MonitoringNamespace } from "./namespace";
import { CollectorNetwork } from "./network/network";
import { PipelineConfig } from "./pipeline-config";
import { podTemplate } from "./pod/pod-spec";
import { SelfMonitoring } from "./self-monitoring";
import { VaultAccess } from "./vault-access";

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
    const credentials = this.credentialsReady(`${name}-credentials`, args, access.serviceAccount, dependsOn);
    // Not before the collectors can log in: until then those that run need the pipeline and the ways out that they have.
    const onceAllowed = settings.credentials.mode === "vault" ? [...dependsOn, ...credentials] : dependsOn;
    const config = new PipelineConfig(
      `${name}-pipeline`,
      { settings, text: pipeline.text, files: otherFiles(settings, stackFile), dependsOn: onceAllowed },
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
    if (settings.canary.enabled) new Canary(`${name}-canary`, { settings, stackFile, dependsOn }, child);

    this.namespace = namespace.namespace;
    this.daemonSet = collectors.daemonSet.metadata.name;
    this.configChecksum = config.checksum;
    this.registerOutputs({ namespace: this.namespace, daemonSet: this.daemonSet });
  }

  /** What a collector with these settings waits for, beside its own objects. */
  private credentialsReady(
    name: string,
    { settings, stackFile, testLogin }: AlloyArgs,
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
  /** How the collectors' login to Vault is tried, in credentials mode `vault`. */
  testLogin: LoginTest;
}

/** Files for the ConfigMap beside the pipeline: Vault's CA, where collectors have to trust one. */
function otherFiles({ credentials, vault }: Settings, stackFile: string): Record<string, string> {
  const caFile = vault?.caFile;
  if (credentials.mode !== "vault" || caFile === undefined) return {};
  const key = "alloy:vault.caFile";
  const remedy = "name a file with Vault's CA";
  let text: string;
  try {
    text = fs.readFileSync(caFile, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw UserError.of(stackFile, key, `cannot be read (${reason})`, remedy);
  }
  const problem = certificatesProblem(text);
  if (problem !== undefined) throw UserError.of(stackFile, key, problem, `${remedy}, and nothing else in it`);
  return { [vaultCaKey]: text };
}
