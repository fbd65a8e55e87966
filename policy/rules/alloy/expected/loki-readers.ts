import { createHash } from "node:crypto";

import type { Settings } from "../../../../settings/schema";
import { readerMetadata } from "./dashboard";
import { component, kubernetesObject, type Expected } from "./expected";

/** What reads Loki: a data source for Grafana, and rules for Loki's ruler. Both texts are written here a second time. */
export function expectedLokiReaders(settings: Settings): Expected[] {
  const { dataSource, ruler, lokiTenant } = settings;
  const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");
  return [
    ...(dataSource.enabled
      ? [
          component("DataSource", "alloy-data-source"),
          kubernetesObject(
            "v1",
            "Secret",
            { name: "alloy-data-source-secret" },
            {
              metadata: readerMetadata(settings, "alloy-loki-data-source", dataSource),
              type: "Opaque",
              data: { "alloy-loki.yaml": base64(dataSourceFile(settings)) },
            },
          ),
        ]
      : []),
    ...(ruler.enabled
      ? [
          component("LokiRules", "alloy-loki-rules"),
          kubernetesObject(
            "v1",
            "ConfigMap",
            { name: "alloy-loki-rules-config-map" },
            {
              metadata: readerMetadata(settings, "alloy-loki-rules", ruler, { [ruler.folderAnnotation]: lokiTenant }),
              data: { "alloy.yaml": rulesFile(settings) },
            },
          ),
        ]
      : []),
  ];
}

/** Source: https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources */
function dataSourceFile({ dataSource, lokiUrl, lokiTenant, clusterName }: Settings): string {
  const name = dataSource.name ?? `loki-${clusterName}`;
  const url = dataSource.url ?? lokiUrl.slice(0, -"/loki/api/v1/push".length);
  return [
    "apiVersion: 1",
    "datasources:",
    `  - name: "${name}"`,
    `    uid: "loki-${createHash("sha256").update(name).digest("hex").slice(0, 12)}"`,
    ...["    type: loki", "    access: proxy", `    url: "${url}"`, "    isDefault: false", "    editable: false"],
    ...["    jsonData:", "      httpHeaderName1: X-Scope-OrgID"],
    ...["    secureJsonData:", `      httpHeaderValue1: "${lokiTenant}"`, ""],
  ].join("\n");
}

/** Source: https://grafana.com/docs/loki/latest/alert/ */
function rulesFile({ clusterName, namespace, alerts }: Settings): string {
  const own = `{cluster=\\"${clusterName}\\",namespace=\\"${namespace.name}\\",app=\\"alloy\\"}`;
  const rule = (name: string, expr: string, severity: string, summary: string, lost: string): string[] => [
    `      - alert: ${name}`,
    `        expr: "${expr}"`,
    ...["        for: 5m", "        labels:", `          severity: ${severity}`, "        annotations:"],
    `          summary: "${summary}"`,
    `          description: "Cluster ${clusterName}: {{ $value }}. What is lost: ${lost}"`,
    `          runbook_url: "${alerts.runbooks}/${name}.md"`,
  ];
  return [
    ...["groups:", `  - name: alloy-${clusterName}`, "    rules:"],
    ...rule(
      "AlloyNoLinesInLoki",
      `absent_over_time({cluster=\\"${clusterName}\\"}[15m])`,
      "critical",
      "Loki has had no line of {{ $labels.cluster }} for 15 minutes",
      "What the kubelet rotates away meanwhile, and what collectors hold if they end.",
    ),
    ...rule(
      "AlloyLinesNotReadable",
      `sum by (cluster, node) (count_over_time(${own} |= \\"level=error\\" |= \\"component_id=loki.\\" [10m])) > 10`,
      "warning",
      "The collector of {{ $labels.node }} writes errors about its lines again and again",
      "It depends on the error, which stands in the collector's log: lines that cannot be read or sent.",
    ),
    "",
  ].join("\n");
}
