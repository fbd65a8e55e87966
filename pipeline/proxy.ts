import { noProxyList } from "../settings/proxy";
import { identityServer, podIdentityAgent } from "../settings/prometheus/identity";
import type { Settings } from "../settings/schema";
import type { EnvNeed } from "./needs";

/**
 * Variables for what has no setting of its own to name a proxy: the client for Vault, and those that ask a cloud for an
 * identity. Alloy's writers do not read them; their endpoints name the proxy themselves.
 */
export function proxyEnv({ proxy }: Pick<Settings, "proxy">): EnvNeed[] {
  if (proxy === undefined) return [];
  const why = "the way out of the cluster, for what has no setting of its own for it";
  return ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"].map((name) => ({ name, why }));
}

/** The text of NO_PROXY. */
export function noProxy(settings: Settings): string {
  const { lokiUrl, prometheusUrl, vault, credentials, prometheusIdentity } = settings;
  const urls = [
    lokiUrl,
    prometheusUrl,
    ...(vault !== undefined && credentials.mode === "vault" ? [vault.address] : []),
  ];
  const asked = prometheusIdentity && identityServer(prometheusIdentity).host;
  return noProxyList(settings, urls, asked === podIdentityAgent ? [podIdentityAgent] : []);
}
