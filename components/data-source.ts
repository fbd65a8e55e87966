import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { dataSourceFile, dataSourceText } from "../dashboard/data-source";
import { annotated, commonLabels, names } from "../settings/names";
import type { Settings } from "../settings/schema";

/** Has Grafana read the stack's lines from Loki, with the stack's tenant. */
export class DataSource extends pulumi.ComponentResource {
  constructor(name: string, args: DataSourceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("detectviz:alloy:DataSource", name, {}, opts);
    const { settings } = args;
    const { namespace, labels } = settings.dataSource;
    new k8s.core.v1.Secret(
      `${name}-secret`,
      {
        metadata: {
          name: names.dataSource,
          namespace: namespace ?? settings.namespace.name,
          labels: { ...commonLabels(settings), ...labels },
          ...annotated(settings),
        },
        type: "Opaque",
        data: { [dataSourceFile]: Buffer.from(dataSourceText(settings), "utf8").toString("base64") },
      },
      { parent: this, dependsOn: args.dependsOn },
    );
    this.registerOutputs({});
  }
}

export interface DataSourceArgs {
  /** The stack's settings; `dataSource` says where Grafana's sidecar looks, and where Loki answers queries. */
  settings: Settings;
  /** The collectors' namespace. */
  dependsOn: pulumi.Resource[];
}
