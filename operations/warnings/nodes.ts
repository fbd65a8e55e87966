import { virtualNodeLabels } from "../../settings/pod/nodes";
import type { Settings } from "../../settings/schema";
import type { KubeObject } from "../cluster/kubernetes-client";
import type { StackContext } from "../stack-context";

/** As much of a node as the warnings read. */
export interface SeenNode {
  metadata: { name: string; labels?: Record<string, string> };
  status?: { nodeInfo?: { kubeletVersion?: string } };
}

/** The oldest kubelet whose log streams go on when a container's log is rotated: grafana/alloy#1728. */
export const oldestKubelet = [1, 29, 1] as const;

// More names say no more.
const shown = 5;

/**
 * What a preview warns of where the cluster's nodes are others than the program is meant for: kubelets that end a stream at
 * a rotation, and nodes that are no machines while the settings put a pod on each. Pure; nothing for no nodes, which says
 * that nobody could look.
 */
export function nodeWarnings({ pod, logs }: Pick<Settings, "pod" | "logs">, nodes: readonly SeenNode[]): string[] {
  const warnings: string[] = [];
  const old = nodes
    .filter((node) => isOlder(node.status?.nodeInfo?.kubeletVersion))
    .map(({ metadata }) => metadata.name);
  if (logs.enabled && old.length > 0)
    warnings.push(
      `warning: ${list(old)} ${old.length === 1 ? "has a kubelet" : "have kubelets"} before ${oldestKubelet.join(".")}, which ` +
        "end a stream when the kubelet rotates the container's log: Alloy notices late, and lines are lost " +
        "(https://github.com/grafana/alloy/issues/1728). Upgrade these nodes.",
    );
  const virtual = nodes.filter(isVirtual).map(({ metadata }) => metadata.name);
  if (pod.virtualNodes === "include" && virtual.length > 0)
    warnings.push(
      `warning: ${list(virtual)} ${virtual.length === 1 ? "is no machine" : "are no machines"}, and no collector can run ` +
        "there: its pods would stay Pending, and up would wait for them. Set alloy:pod: { virtualNodes: exclude }.",
    );
  return warnings;
}

/** Looks at the nodes and warns; where they may not be listed nothing is said, since these are only warnings. */
export async function nodeWarning({ settings, cluster }: StackContext): Promise<string[]> {
  const nodes = await cluster.list<KubeObject & SeenNode>("/api/v1/nodes").catch(() => []);
  return nodeWarnings(settings, nodes);
}

const isVirtual = ({ metadata }: SeenNode): boolean =>
  virtualNodeLabels.some(({ key, values }) => values.includes(metadata.labels?.[key] ?? ""));

/** `v1.28.5-eks-0123456`, `v1.27.16+k3s1`; what is no version is not older. */
function isOlder(version = ""): boolean {
  const found = /^v(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (found === null) return false;
  const parts = found.slice(1).map(Number);
  const at = oldestKubelet.findIndex((wanted, i) => parts[i] !== wanted);
  return at >= 0 && (parts[at] ?? 0) < (oldestKubelet[at] ?? 0);
}

const list = (names: readonly string[]): string =>
  names.length <= shown ? names.join(", ") : `${names.slice(0, shown).join(", ")} and ${names.length - shown} more`;
