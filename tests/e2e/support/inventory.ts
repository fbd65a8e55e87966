import { sandbox } from "./sandbox";

/** One object of the cluster, with what tells whose it is. */
export interface InventoryEntry {
  /** `daemonsets monitoring/alloy` */
  name: string;
  labels: Record<string, string>;
  /** uids of what it goes with. */
  owners: string[];
}

interface Listed {
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    labels?: Record<string, string>;
    ownerReferences?: { uid: string }[];
  };
}

/** Every object of every kind that the API server can list, but events, by uid. */
export async function inventory(): Promise<Map<string, InventoryEntry>> {
  const { api } = sandbox();
  const { groups } = await api.request<{ groups: { preferredVersion: { groupVersion: string } }[] }>("GET", "/apis");
  const roots = ["/api/v1", ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const found = new Map<string, InventoryEntry>();
  for (const root of roots) {
    const { resources } = await api.request<{ resources: { name: string; verbs: string[] }[] }>("GET", root);
    for (const { name: kind, verbs } of resources) {
      // They come and go by themselves, and the same ones are listed by two groups.
      if (kind.includes("/") || !verbs.includes("list") || kind === "events") continue;
      const { items } = await api.request<{ items: Listed[] }>("GET", `${root}/${kind}`);
      for (const { metadata } of items) {
        const { namespace, name, uid, labels = {}, ownerReferences = [] } = metadata;
        if (uid === undefined) continue; // made up by the server for the answer
        const owners = ownerReferences.map((owner) => owner.uid);
        found.set(uid, { name: `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`, labels, owners });
      }
    }
  }
  return found;
}
