import { CoreV1Api } from "@kubernetes/client-node";

import { readAgentStatus } from "../../packages/sandbox/node-agent/agent-status";
import type { SandboxPaths } from "../../packages/sandbox/paths";
import { httpPort, selectorLabels } from "../../settings/names";
import type { Settings } from "../../settings/schema";
import { stateOf, type CollectorState } from "./state";
import { kubeConfigFor } from "../cluster/kube-config";

/**
 * Asks every collector that runs for its metrics, but for those of the nodes that are left out; empty where none runs.
 * Throws where nobody may ask.
 */
export type ReadCollectors = (leaveOut?: readonly string[]) => Promise<CollectorState[]>;

/**
 * By way of the API server, as `kubectl get --raw …/proxy/metrics` does: the deployer's machine need not reach the pods'
 * network. It takes list of pods and get of pods/proxy.
 */
export function clusterReader(settings: Settings, env: Record<string, string> = {}): ReadCollectors {
  const api = kubeConfigFor(settings, env).makeApiClient(CoreV1Api);
  const namespace = settings.namespace.name;
  const labelSelector = Object.entries(selectorLabels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
  return async (leaveOut = []) => {
    const { items } = await api.listNamespacedPod({ namespace, labelSelector });
    const running = items.filter(
      ({ status, metadata, spec }) =>
        status?.phase === "Running" && !metadata?.deletionTimestamp && !leaveOut.includes(spec?.nodeName ?? ""),
    );
    return Promise.all(
      running.map(async ({ metadata, spec }) => {
        const name = `${metadata?.name ?? ""}:${httpPort}`;
        const page = await api.connectGetNamespacedPodProxyWithPath({ name, namespace, path: "metrics" });
        return stateOf(spec?.nodeName ?? name, page);
      }),
    );
  };
}

/** The same in the sandbox, where the collectors of all nodes share one address, each on a port of its own. */
export function sandboxReader(paths: SandboxPaths): ReadCollectors {
  return async (leaveOut = []) => {
    const pods = ((await readAgentStatus(paths))?.pods ?? []).filter(
      ({ terminating, node }) => !terminating && !leaveOut.includes(node),
    );
    return Promise.all(
      pods.flatMap(({ node, uiUrl, pid }) =>
        uiUrl === undefined || pid === undefined
          ? []
          : [
              fetch(new URL("/metrics", uiUrl), { signal: AbortSignal.timeout(10_000) })
                .then((answer) => answer.text())
                .then((page) => stateOf(node, page)),
            ],
      ),
    );
  };
}
