import type { SandboxStatus } from "./read-status";

/**
 * Everything that is wrong with a sandbox, each in one sentence; empty if all of it works. A sandbox in which nothing
 * runs is not well, and neither is one without a collector after something was deployed.
 */
export function problemsOf(status: SandboxStatus): string[] {
  const { processes, pods, silent, trouble, deployed, target } = status;
  // On a cluster of the user's the collectors are that cluster's own: the node agent knows of none.
  const missing = deployed && target?.context === undefined && pods.length === 0;
  if (processes.length === 0) return ["nothing runs"];
  return [
    ...processes.filter(({ running }) => !running).map(({ name }) => `${name} has ended`),
    ...Object.entries(silent).map(([name, problem]) => `${name}: ${problem}`),
    ...(trouble === undefined ? [] : [`the node agent has trouble: ${trouble}`]),
    ...(missing ? ["the stack is deployed and no collector runs"] : []),
    ...pods.flatMap(({ node, ready, terminating, refused, sent }) => {
      if (terminating) return [`the collector of ${node} is ending`];
      if (!ready) return [`the collector of ${node} is not ready`];
      if (refused !== undefined) return [`the collector of ${node} is refused: ${refused}`];
      return sent === undefined ? [`the collector of ${node} does not answer`] : [];
    }),
  ];
}
