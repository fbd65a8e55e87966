import type { KubeConfig } from "@kubernetes/client-node";

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
  return config;
}

/** The way in that a kubeconfig describes did not work: a command that gets a token, a file that is not there. */
export function credentialsFailed(config: KubeConfig, error: unknown): UserError {
  const [reason = ""] = (error instanceof Error ? error.message : String(error)).trim().split("\n");
  return UserError.cannotTell(
    "the kubeconfig",
    `context ${config.getCurrentContext()}`,
    `gives no way in (${reason})`,
    `check whether \`kubectl --context ${config.getCurrentContext()} get nodes\` works`,
  );
}
