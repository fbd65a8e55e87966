import { KubeConfig } from "@kubernetes/client-node";

import type { Settings } from "../../settings/schema";

/**
 * The user's own way to a stack's cluster: their kubeconfig, and in it the context that the stack names.
 *
 * @param env where KUBECONFIG may differ from this process's own
 */
export function kubeConfigFor(settings: Settings, env: Record<string, string> = {}): KubeConfig {
  const config = new KubeConfig();
  const file = env["KUBECONFIG"];
  if (file === undefined) config.loadFromDefault();
  else config.loadFromFile(file);
  const context = settings.kubernetes?.context;
  if (context !== undefined && config.getContextObject(context) !== null) config.setCurrentContext(context);
  return config;
}
