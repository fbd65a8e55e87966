import type { KubeObject } from "../cluster/kubernetes-client";
import type { StackContext } from "../stack-context";

/** What is read of a node. */
export interface VersionedNode extends KubeObject {
  status?: { nodeInfo?: { kubeletVersion?: string } };
}

/** From this version on a kubelet goes on with a log that was rotated away while it is followed. */
const fixedIn = [1, 29, 1] as const;

const shown = 5;

/**
 * The warning that lines are lost on nodes whose kubelet is too old, or `undefined`. Before 1.29.1 `logs --follow` stops at
 * a rotation, and Alloy begins again some time later. Source: grafana/alloy issue 1728, kubernetes/kubernetes issue 115702
 */
export function oldNodesText(nodes: readonly VersionedNode[]): string | undefined {
  const old = nodes.flatMap(({ metadata, status }) => {
    const version = status?.nodeInfo?.kubeletVersion ?? "";
    return isOld(version) ? [`${metadata.name} (${version})`] : [];
  });
  if (old.length === 0) return undefined;
  const more = old.length > shown ? ` and ${old.length - shown} more` : "";
  return (
    `warning: lines are lost on nodes with a kubelet before 1.29.1, each time a busy container's log is rotated: ` +
    `${old.slice(0, shown).join(", ")}${more}. Upgrade them (https://github.com/grafana/alloy/issues/1728).`
  );
}

/** Whether a version such as `v1.28.9-eks-036c24b` is below {@link fixedIn}. One that cannot be read is not. */
function isOld(version: string): boolean {
  const found = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (found === null) return false;
  const parts = found.slice(1).map(Number);
  for (const [at, least] of fixedIn.entries()) {
    const part = parts[at] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}

/** Looks at the nodes and warns; what may not be listed is passed over. */
export async function oldNodesWarning({ settings, cluster }: Pick<StackContext, "settings" | "cluster">) {
  if (!settings.logs.enabled) return undefined;
  const nodes = await cluster.list<VersionedNode>("/api/v1/nodes").catch(() => []);
  return oldNodesText(nodes);
}
