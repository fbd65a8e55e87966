import { createHash } from "node:crypto";

import { z } from "zod";

import type { credentials } from "./credentials";
import { refuse } from "./cross-field-check";
import * as field from "./fields";
import type { logs } from "./logs";
import type { Settings } from "./schema";

/** The way back from Loki: Grafana reads the lines, and Loki's ruler raises alerts from them. */

/** `alloy:dataSource`: Loki as a data source of Grafana, with the stack's tenant. */
export const dataSource = z
  .strictObject({
    enabled: field.flag.default(false).meta({
      description: "Creates a Secret with a data source for Grafana, which reads Loki with the tenant of this stack.",
      ifWrong: "On without a Grafana that reads Secrets: nobody sees it. `preview` and `up` warn of it.",
    }),
    url: field.lokiReadUrl.optional().meta({
      description: "Where Grafana asks Loki. Grafana adds `/loki/api/v1` itself.",
      otherwise: "`lokiUrl` without its path",
      ifWrong: "Every query of the data source fails.",
    }),
    name: field.labelValue.optional().meta({
      description: "Name of the data source in Grafana.",
      otherwise: "`loki-` and the cluster's name",
      ifWrong: "The name of another data source: Grafana takes only one of the two.",
    }),
    namespace: field.objectName.optional().meta({
      description: "Namespace of the Secret: one in which the sidecar of Grafana looks.",
      otherwise: "`namespace.name`",
      ifWrong: "A namespace in which the sidecar does not look: Grafana has no such data source.",
    }),
    labels: field.kubernetesLabels.default({ grafana_datasource: "1" }).meta({
      description: "Labels by which the sidecar of Grafana finds the Secret.",
      ifWrong: "Labels that no sidecar looks for: Grafana has no such data source. `preview` and `up` warn of it.",
    }),
  })
  .prefault({})
  .meta({ description: "Loki as a data source, for the sidecar of Grafana's chart." });

/** `alloy:ruler`: rules that Loki itself evaluates. */
export const ruler = z
  .strictObject({
    enabled: field.flag.default(false).meta({
      description: "Creates a ConfigMap with two alerts about lines, which the ruler of Loki evaluates.",
      ifWrong: "On without a ruler: no alert is ever evaluated. `preview` and `up` warn of it.",
    }),
    namespace: field.objectName.optional().meta({
      description: "Namespace of the ConfigMap: one in which the sidecar of Loki looks.",
      otherwise: "`namespace.name`",
      ifWrong: "A namespace in which the sidecar does not look: no alert is ever evaluated.",
    }),
    labels: field.kubernetesLabels.default({ loki_rule: "1" }).meta({
      description: "Labels by which the sidecar of Loki finds the ConfigMap.",
      ifWrong: "Labels that no sidecar looks for: no alert is ever evaluated. `preview` and `up` warn of it.",
    }),
    folderAnnotation: field.metadataName.default("k8s-sidecar-target-directory").meta({
      description:
        "Annotation from which the sidecar takes the folder. It holds the tenant, since the ruler reads a folder for each tenant.",
      ifWrong:
        "An annotation that the sidecar does not read: the rules are in no tenant's folder, and Loki ignores them.",
    }),
  })
  .prefault({})
  .meta({ description: "Two alerts about lines, for the sidecar of Loki's chart." });

/** Where Grafana asks Loki. */
export const dataSourceUrl = ({ dataSource, lokiUrl }: Pick<Settings, "dataSource" | "lokiUrl">): string =>
  dataSource.url ?? lokiUrl.replace(/\/loki\/api\/v1\/push$/, "");

/** Name of the data source: Grafana has one of each name, and may show several clusters. */
export const dataSourceName = ({ dataSource, clusterName }: Pick<Settings, "dataSource" | "clusterName">): string =>
  dataSource.name ?? `loki-${clusterName}`;

/** How a dashboard names it: Grafana takes 40 letters at most. */
export const dataSourceUid = (settings: Pick<Settings, "dataSource" | "clusterName">): string =>
  `loki-${createHash("sha256").update(dataSourceName(settings)).digest("hex").slice(0, 12)}`;

// Not of Settings, whose type is inferred from the schema that this check is part of.
interface Read {
  dataSource: z.infer<typeof dataSource>;
  ruler: z.infer<typeof ruler>;
  credentials: z.infer<typeof credentials>;
  logs: z.infer<typeof logs>;
  lokiUrl: string;
}

/** The settings that {@link checkLokiReaders} reads. */
export const readByLokiReadersCheck = [["dataSource"], ["ruler"], ["credentials"], ["logs"], ["lokiUrl"]];

/** Refuses a way back that has nothing to read, or that could not log in. */
export function checkLokiReaders(settings: Read, context: z.core.$RefinementCtx): void {
  const { logs, credentials, lokiUrl, dataSource } = settings;
  for (const key of ["dataSource", "ruler"] as const)
    if (settings[key].enabled && !logs.enabled)
      refuse(
        context,
        `${key}.enabled`,
        "is on, but alloy:logs.enabled is off, so Loki has no line of this stack",
        "turn one of them off, or the other on",
      );
  if (!dataSource.enabled || dataSource.url !== undefined) return;
  const { pathname, search, origin } = new URL(lokiUrl);
  const kind = credentials.mode === "none" ? "none" : credentials.loki;
  if (!pathname.endsWith("/loki/api/v1/push") || search !== "")
    refuse(
      context,
      "dataSource.url",
      "is missing, and alloy:lokiUrl has a path of its own, from which nobody can tell where Loki answers queries",
      `write the URL at which Loki answers queries, such as ${origin}`,
    );
  else if (kind !== "none")
    refuse(
      context,
      "dataSource.url",
      `is missing, and alloy:lokiUrl asks for a credential (alloy:credentials.loki is ${kind}), which Grafana would not have`,
      "write a URL at which Loki answers queries without one, such as its Service in the cluster",
    );
}
