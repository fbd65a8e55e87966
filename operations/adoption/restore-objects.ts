import { kubePath, type KubernetesClient, type KubeObject } from "../cluster/kubernetes-client";
import type { AdoptionRecord } from "./record";

/** What the API server sets by itself, and does not take from whoever creates an object. */
const ofTheServer = ["uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "selfLink"];

/** An object as somebody would create it, with what it was; pure. */
export function asCreated(object: KubeObject): KubeObject {
  const { status, ...rest } = object as KubeObject & { status?: unknown };
  void status;
  const metadata = Object.fromEntries(
    Object.entries(object.metadata).filter(([field]) => !ofTheServer.includes(field)),
  ) as KubeObject["metadata"];
  return { ...rest, metadata };
}

const pathOf = ({ apiVersion = "", kind = "", metadata }: KubeObject): string =>
  kubePath({ apiVersion, kind, ...metadata });

/** Gives everything that was imported its old content back, whole: labels and annotations, rules, subjects, data. */
export async function restoreImported(cluster: KubernetesClient, { taken }: AdoptionRecord): Promise<void> {
  for (const { how, live: old } of taken) {
    if (how !== "import") continue;
    const wanted = asCreated(old);
    const now = await cluster.find(pathOf(old));
    if (now === undefined) await cluster.request("POST", collectionOf(old), json(wanted));
    else {
      const { uid, resourceVersion } = now.metadata;
      // The old list of field managers goes with it: ours would say later that this stack still has a part in it.
      const metadata = { ...wanted.metadata, ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
      await cluster.request("PUT", pathOf(old), json({ ...wanted, metadata }));
    }
  }
}

/** Makes a DaemonSet that was deleted anew, so that it takes the pods that carry its labels; one that is there stays. */
export async function restoreDaemonSet(cluster: KubernetesClient, old: KubeObject): Promise<KubeObject> {
  const there = await cluster.find(pathOf(old));
  if (there !== undefined) return there;
  const { managedFields, ...metadata } = asCreated(old).metadata;
  void managedFields;
  const wanted: KubeObject = { ...asCreated(old), metadata };
  const spec = { ...(wanted["spec"] as Record<string, unknown>), updateStrategy: { type: "RollingUpdate" } };
  return cluster.request("POST", collectionOf(old), json({ ...wanted, spec }));
}

/** Gives a DaemonSet its own update strategy back: until its pods are there it has to replace those of ours. */
export async function restoreStrategy(cluster: KubernetesClient, old: KubeObject): Promise<void> {
  const { updateStrategy } = old["spec"] as { updateStrategy?: unknown };
  if (updateStrategy === undefined) return;
  await cluster.request("PATCH", pathOf(old), {
    value: [{ op: "replace", path: "/spec/updateStrategy", value: updateStrategy }],
    type: "application/json-patch+json",
  });
}

/** Deletes what the adoption has made: it was not there before. What somebody else has put there since is left. */
export async function removeMade(cluster: KubernetesClient, { made }: AdoptionRecord): Promise<void> {
  for (const path of made) {
    const { metadata } = (await cluster.find(path)) ?? {};
    if (metadata?.labels?.["app.kubernetes.io/part-of"] !== "detectviz") continue;
    await cluster.request("DELETE", path, json({ preconditions: { uid: metadata.uid } }));
  }
}

const collectionOf = (object: KubeObject): string => pathOf(object).replace(/\/[^/]+$/, "");

const json = (value: unknown): { value: unknown; type: string } => ({ value, type: "application/json" });
