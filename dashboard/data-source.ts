import { dataSourceName, dataSourceUid, dataSourceUrl } from "../settings/loki-readers";
import type { Settings } from "../settings/schema";

/** The file's name, among those of other data sources in one folder of Grafana's. */
export const dataSourceFile = "alloy-loki.yaml";

/**
 * Loki as Grafana provisions a data source. The tenant is sent as a header with each query. It is never the default: two
 * defaults keep Grafana from starting. Source: https://grafana.com/docs/grafana/latest/administration/provisioning/
 */
export function dataSourceText(settings: Settings): string {
  return `apiVersion: 1
datasources:
  - name: ${JSON.stringify(dataSourceName(settings))}
    uid: ${JSON.stringify(dataSourceUid(settings))}
    type: loki
    access: proxy
    url: ${JSON.stringify(dataSourceUrl(settings))}
    isDefault: false
    editable: false
    jsonData:
      httpHeaderName1: X-Scope-OrgID
    secureJsonData:
      httpHeaderValue1: ${JSON.stringify(settings.lokiTenant)}
`;
}
