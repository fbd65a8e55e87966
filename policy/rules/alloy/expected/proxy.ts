import { isInside } from "../../../../settings/network/inside";
import { hostAndPort } from "../../../../settings/network/destination";
import type { Settings } from "../../../../settings/schema";
import type { Shape } from "../../../shape";

// Never through a proxy, whatever the settings say. The first is the API server's address, which the kubelet fills in.
const direct = ["$(KUBERNETES_SERVICE_HOST)", "localhost", "127.0.0.1", "::1", ".svc", ".cluster.local"];

/** Source: golang.org/x/net/http/httpproxy, FromEnvironment. The last is the agent of EKS Pod Identity, on the node. */
export function proxyVariables(settings: Settings): Record<string, Shape> {
  const { proxy, lokiUrl, prometheusUrl, vault, credentials, prometheusIdentity } = settings;
  if (proxy === undefined) return {};
  const { aws } = prometheusIdentity ?? {};
  const hosts = [lokiUrl, prometheusUrl, ...(credentials.mode === "vault" && vault ? [vault.address] : [])]
    .filter((url) => isInside(url, settings))
    .map((url) => hostAndPort(url).host.replace(/[[\]]/g, ""));
  const agent = aws !== undefined && aws.roleArn === undefined ? ["169.254.170.23"] : [];
  const value = [...new Set([...direct, ...hosts, ...agent, ...proxy.noProxy])].join(",");
  return { HTTP_PROXY: { value: proxy.url }, HTTPS_PROXY: { value: proxy.url }, NO_PROXY: { value } };
}
