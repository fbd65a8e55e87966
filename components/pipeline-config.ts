import * as crypto from "node:crypto";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { annotated, commonLabels, names } from "../settings/names";
import type { Settings } from "../settings/schema";

/**
 * The ConfigMap `alloy-config`. Its name is fixed and it is changed in place (provider option
 * `enableConfigMapMutable`); the pods learn of a change by the checksum in their template.
 */
export class PipelineConfig extends pulumi.ComponentResource {
  public readonly configMap: k8s.core.v1.ConfigMap;
  /** Changes whenever the text does; a plain value, so that the pod template is whole at preview. */
  public readonly checksum: string;

  constructor(name: string, args: PipelineConfigArgs, opts?: pulumi.ComponentResourceOptions) {
    super("detectviz:alloy:PipelineConfig", name, {}, opts);
    const { settings, text, files = {} } = args;
    // Alloy reads the other files once, when it starts.
    this.checksum = configChecksum([text, ...Object.values(files)].join("\0"));
    this.configMap = new k8s.core.v1.ConfigMap(
      `${name}-config-map`,
      {
        metadata: {
          name: names.configMap,
          namespace: settings.namespace.name,
          labels: commonLabels(settings),
          ...annotated(settings),
        },
        data: { [names.configKey]: text, ...files },
      },
      { parent: this, dependsOn: args.dependsOn },
    );
    this.registerOutputs({ checksum: this.checksum });
  }
}

export interface PipelineConfigArgs {
  /** The stack's settings; `namespace.name` says where the ConfigMap lives. */
  settings: Settings;
  /** The text of `config.alloy`, without a secret in it. */
  text: string;
  /** What stands beside it, by file name; no secret either. */
  files?: Record<string, string>;
  /** The namespace. */
  dependsOn: pulumi.Input<pulumi.Resource>[];
}

/** SHA-256 of the text, in hexadecimal. */
export function configChecksum(text: string): string {
  return crypto.createHash("sha256").update(text).digest("hex");
}
