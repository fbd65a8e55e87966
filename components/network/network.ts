import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { PipelineNeeds } from "../../pipeline/needs";
import { annotated, commonLabels, names } from "../../settings/names";
import type { Settings } from "../../settings/schema";
import { ClusterServices } from "./cluster-services";
import { networkPolicySpec, waysToDns } from "./policy-rules";

/**
 * Denies the collectors everything but what their pipeline needs, in both directions. The pods behind a URL are those of
 * its Service, which is read from the cluster; `alloy:network.destinations` states what no cluster can tell.
 */
export class CollectorNetwork extends pulumi.ComponentResource {
  public readonly policy: k8s.networking.v1.NetworkPolicy;

  constructor(name: string, args: CollectorNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("detectviz:alloy:CollectorNetwork", name, {}, opts);
    const { settings, needs } = args;
    const cluster = new ClusterServices(name, args, this);

    const ways = needs.egress.map((need) => cluster.waysTo(need));
    const spec = pulumi
      .all([pulumi.all(ways), cluster.scrapers()])
      .apply(([found, scrapers]) => networkPolicySpec([...waysToDns(settings), ...found.flat()], scrapers));
    this.policy = new k8s.networking.v1.NetworkPolicy(
      `${name}-policy`,
      {
        metadata: {
          name: names.networkPolicy,
          namespace: settings.namespace.name,
          labels: commonLabels(settings),
          ...annotated(settings),
        },
        spec,
      },
      { parent: this, dependsOn: args.dependsOn },
    );
    this.registerOutputs({});
  }
}

export interface CollectorNetworkArgs {
  /** The stack's settings; `network` says what the cluster cannot. */
  settings: Settings;
  /** The sum of what the pipeline's sections need; its `egress` becomes the rules. */
  needs: PipelineNeeds;
  /** The stack's file, named in messages. */
  stackFile: string;
  /** The namespace; in credentials mode `vault` also the login that was tried. */
  dependsOn: pulumi.Input<pulumi.Resource>[];
}
