import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { lokiRulesFile, lokiRulesText } from "../alerts/loki-rules";
import { annotated, commonLabels, names } from "../settings/names";
import type { Settings } from "../settings/schema";

/** Has Loki's ruler look at the lines that have arrived, and alert where none do. */
export class LokiRules extends pulumi.ComponentResource {
  constructor(name: string, args: LokiRulesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("detectviz:alloy:LokiRules", name, {}, opts);
    const { settings } = args;
    const { namespace, labels, folderAnnotation } = settings.ruler;
    new k8s.core.v1.ConfigMap(
      `${name}-config-map`,
      {
        metadata: {
          name: names.lokiRules,
          namespace: namespace ?? settings.namespace.name,
          labels: { ...commonLabels(settings), ...labels },
          // The ruler takes the folder's name for the tenant.
          ...annotated(settings, { [folderAnnotation]: settings.lokiTenant }),
        },
        data: { [lokiRulesFile]: lokiRulesText(settings) },
      },
      { parent: this, dependsOn: args.dependsOn },
    );
    this.registerOutputs({});
  }
}

export interface LokiRulesArgs {
  /** The stack's settings; `ruler` says where Loki's sidecar looks. */
  settings: Settings;
  /** The collectors' namespace. */
  dependsOn: pulumi.Resource[];
}
