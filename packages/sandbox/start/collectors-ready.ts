import { readAgentStatus } from "../node-agent/agent-status";
import type { SandboxPaths } from "../paths";
import { waitUntil } from "../process/waiting";

/** Waits until every node has one collector that is ready; says which ones are not. */
export async function collectorsReady(
  paths: SandboxPaths,
  nodes: readonly string[],
  tell: (text: string) => void = () => undefined,
): Promise<void> {
  await waitUntil(
    "every node has a collector that is ready",
    async () => {
      const pods = (await readAgentStatus(paths))?.pods ?? [];
      if (nodes.length === 0) return "the cluster has no node";
      const missing = nodes.filter((node) => !pods.some((pod) => pod.node === node && pod.ready));
      if (missing.length === 0) return true;
      const errors = pods.flatMap(({ node, lastError }) => (lastError === undefined ? [] : [`${node}: ${lastError}`]));
      const text = [`not ready: ${missing.join(", ")}`, ...errors].join("; ");
      tell(text);
      return text;
    },
    { timeoutMs: 120_000 },
  );
}
