import type { Cluster, KubeConfig } from "@kubernetes/client-node";

import { UserError } from "../../kit/user-error";

/**
 * Reads the user's kubeconfig, and makes the named context the current one.
 *
 * @param context the current one of the kubeconfig if it is undefined
 * @param file in place of what KUBECONFIG of this process and ~/.kube/config say
 * @throws UserError if it cannot be read, or does not know that context: never is another cluster asked instead
 */
export async function readKubeConfig(context: string | undefined, file: string | undefined): Promise<KubeConfig> {
  // Loading the package takes a second.
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const named = file ?? process.env["KUBECONFIG"] ?? "";
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (error) {
    // Only the first line: behind it a YAML parser quotes the file, which holds credentials.
    const [reason = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw UserError.cannotTell(
      "the kubeconfig",
      named,
      `cannot be read (${reason})`,
      "export KUBECONFIG with a file that `kubectl config view` reads",
    );
  }
  if (context !== undefined) {
    if (config.getContextObject(context) === null)
      throw UserError.cannotTell(
        "the kubeconfig",
        named,
        `has no context ${context}, which alloy:kubernetes.context names`,
        "write one that `kubectl config get-contexts` lists, or point KUBECONFIG at the right file",
      );
    config.setCurrentContext(context);
  }
  if (!URL.canParse(config.getCurrentCluster()?.server ?? ""))
    throw UserError.cannotTell(
      "the kubeconfig",
      named,
      `names no API server for context ${config.getCurrentContext() || "(none)"}`,
      "export KUBECONFIG with a file with which `kubectl get nodes` works",
    );
  config.clusters = config.clusters.map(withPlainHttp);
  return config;
}

/**
 * `kubectl proxy`, Teleport and Rancher Desktop serve the API by http on this machine; kubectl and the engine take it.
 * The package wants to be told that no certificate is checked there, although there is none.
 */
const withPlainHttp = (cluster: Cluster): Cluster =>
  cluster.server.startsWith("http:") ? { ...cluster, skipTLSVerify: true } : cluster;

/** The way in that a kubeconfig describes did not work: a command that gets a token, a file that is not there. */
export function credentialsFailed(config: KubeConfig, error: unknown): UserError {
  const [reason = ""] = (error instanceof Error ? error.message : String(error)).trim().split("\n");
  const context = config.getCurrentContext();
  const missing = /^spawn(?:Sync)? (\S+) ENOENT/.exec(reason)?.[1];
  return UserError.cannotTell(
    "the kubeconfig",
    `context ${context}`,
    missing === undefined
      ? `gives no way in (${reason})`
      : `gives no way in: it gets its credentials from the command ${missing}, which is not installed here`,
    missing === undefined
      ? `check whether \`kubectl --context ${context} get nodes\` works`
      : `install ${missing} where this runs, then run the same command again`,
  );
}
