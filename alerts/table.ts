import type { Alert } from "./alert";
import { collectorAlerts } from "./table/collectors";
import { lineAlerts } from "./table/lines";
import { meansAlerts } from "./table/means";
import { nodeMetricAlerts } from "./table/node-metrics";

/** Every alert, by subject. The rules, `alloyctl status`, the runbooks and their index are made from it. */
const subjects = {
  collectors: collectorAlerts,
  lines: lineAlerts,
  "node-metrics": nodeMetricAlerts,
  means: meansAlerts,
} as const;

export type AlertName =
  keyof typeof collectorAlerts | keyof typeof lineAlerts | keyof typeof nodeMetricAlerts | keyof typeof meansAlerts;

/** One alert with its place in the table. */
export interface NamedAlert extends Alert {
  name: AlertName;
  subject: string;
}

export const alerts: readonly NamedAlert[] = Object.entries(subjects).flatMap(([subject, table]) =>
  Object.entries<Alert>(table).map(([name, alert]) => ({ ...alert, name: name as AlertName, subject })),
);

export const subjectNames: readonly string[] = Object.keys(subjects);
