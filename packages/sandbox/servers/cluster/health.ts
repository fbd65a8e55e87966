import { nodeNames } from "./nodes";
import { KubeApi } from "./kube-api";
import type { SandboxPaths } from "../../paths";

/**
 * The API server says that it is ready, or what is not.
 *
 * @param timeoutMs how long it may take to answer
 */
export async function isReady(api: KubeApi, timeoutMs?: number): Promise<boolean | string> {
  const answer = await api.request<string>("GET", "/readyz", { timeoutMs });
  return answer.trim() === "ok" || answer;
}

interface WithConditions {
  metadata: { name: string };
  status?: { conditions?: { type: string; status: string }[] };
}

/** The custom resource definition at this path is served. */
export async function isEstablished(api: KubeApi, path: string): Promise<boolean> {
  return hasCondition(await api.request<WithConditions>("GET", path), "Established");
}

const leasesPath = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

interface Lease {
  metadata: { name: string };
  spec: { renewTime?: string };
}

/**
 * Removes node leases of an earlier kwok: a new one has another identity and would leave the nodes alone until the
 * old leases end.
 */
export async function dropLeases(api: KubeApi, renewedBefore: Date, timeoutMs?: number): Promise<void> {
  const { items } = await api.request<{ items: Lease[] }>("GET", leasesPath, { timeoutMs });
  for (const lease of items) {
    if (new Date(lease.spec.renewTime ?? 0) >= renewedBefore) continue;
    await api.request("DELETE", `${leasesPath}/${lease.metadata.name}`, { timeoutMs });
  }
}

/** The same after kwok has been stopped, so that the next start need not wait. Only a convenience. */
export async function dropLeasesAtStop(paths: SandboxPaths): Promise<void> {
  let api: KubeApi | undefined;
  try {
    api = KubeApi.fromFile(paths.kubeconfig);
    await dropLeases(api, new Date(), 2_000);
  } catch {
    // No kubeconfig yet, or an API server that is down or does not answer: the next start drops them.
  } finally {
    api?.close();
  }
}

/** Nodes are Ready, and kwok holds their leases since the given time. */
export async function nodesReady(api: KubeApi, leaseSince: Date): Promise<boolean | string> {
  const { items } = await api.request<{ items: WithConditions[] }>("GET", "/api/v1/nodes");
  const leases = await api.request<{ items: Lease[] }>("GET", leasesPath);
  const held = leases.items
    .filter((lease) => new Date(lease.spec.renewTime ?? 0) >= leaseSince)
    .map((lease) => lease.metadata.name);
  const ready = items.filter((node) => hasCondition(node, "Ready")).map((node) => node.metadata.name);
  const missing = nodeNames.filter((name) => !ready.includes(name) || !held.includes(name));
  return missing.length === 0 || `${missing.join(", ")} not Ready`;
}

function hasCondition(object: WithConditions, type: string): boolean {
  return (object.status?.conditions ?? []).some((entry) => entry.type === type && entry.status === "True");
}
