import { parseDocument } from "yaml";

import { destinationOf, hostAndPort } from "../../settings/network/destination";
import type { Settings } from "../../settings/schema";
import type { StackContext } from "../stack-context";

/** The part of a ConfigMap that is read here. */
export interface LokiConfigMap {
  metadata: { name: string; labels?: Record<string, string> };
  data?: Record<string, string>;
}

/**
 * The warning that Loki puts every tenant's lines into one, or `undefined`. It is seen in the ConfigMap that Loki's chart
 * makes; one that keeps its configuration in a Secret says nothing here. Pure.
 */
export function lokiTenantsWarning(
  { lokiTenant }: Pick<Settings, "lokiTenant">,
  namespace: string,
  configMaps: readonly LokiConfigMap[],
): string | undefined {
  const deaf = configMaps.find(
    ({ metadata, data }) =>
      metadata.labels?.["app.kubernetes.io/name"] === "loki" && Object.values(data ?? {}).some(ignoresTenants),
  );
  if (deaf === undefined) return undefined;
  return (
    `warning: Loki ignores tenants (auth_enabled: false in ConfigMap ${namespace}/${deaf.metadata.name}): these lines go ` +
    `to its tenant "fake" together with everybody else's, and who asks for ${lokiTenant} sees them all. Set auth_enabled: true.`
  );
}

function ignoresTenants(text: string): boolean {
  if (!/^auth_enabled:/m.test(text)) return false;
  const document = parseDocument(text, { logLevel: "silent" });
  return document.errors.length === 0 && document.get("auth_enabled") === false;
}

/** Looks for Loki's configuration beside the Service that lines are sent to; what may not be listed is passed over. */
export async function tenantsWarning({ settings, cluster }: StackContext): Promise<string | undefined> {
  if (!settings.logs.enabled) return undefined;
  const { host, port } = hostAndPort(settings.lokiUrl);
  const destination = destinationOf(host, port, settings);
  if (destination.kind !== "service" && destination.kind !== "pods") return undefined;
  const path = `/api/v1/namespaces/${destination.namespace}/configmaps?labelSelector=app.kubernetes.io%2Fname%3Dloki`;
  const found = await cluster.list<LokiConfigMap>(path).catch(() => []);
  return lokiTenantsWarning(settings, destination.namespace, found);
}
