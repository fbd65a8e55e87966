import { askUntil } from "../../kit/waiting";
import { KubeError, kubePath, type KubernetesClient, type KubeObject } from "../cluster/kubernetes-client";
import type { HelmRecord } from "./helm";
import { pathOfTaken, type TakenOver } from "./objects";
import { strippedMarks } from "./owners";

/** Takes the marks of Helm, ArgoCD and Flux off what was imported: with one, that program would take the object for its own. */
export async function stripMarks(
  cluster: KubernetesClient,
  { takenOver }: { takenOver: readonly TakenOver[] },
): Promise<void> {
  for (const taken of takenOver) {
    if (taken.how !== "import") continue;
    const { annotations, labels } = taken.live.metadata;
    const marks = {
      annotations: nulls(strippedMarks.annotations, annotations),
      labels: nulls(strippedMarks.labels, labels),
    };
    if (Object.keys({ ...marks.annotations, ...marks.labels }).length === 0) continue;
    await cluster.request("PATCH", pathOfTaken(taken), {
      value: { metadata: { uid: taken.live.metadata.uid, ...marks } },
      type: "application/merge-patch+json",
    });
  }
}

const nulls = (names: readonly string[], held: Record<string, string> = {}): Record<string, null> =>
  Object.fromEntries(names.filter((name) => held[name] !== undefined).map((name) => [name, null]));

/** Says on a record that it was set aside, and by whom. */
const asideLabel = "detectviz.io/set-aside-from";

/** Hides Helm's records from Helm, or shows them again; one that is gone stays gone. */
export async function showToHelm(
  cluster: KubernetesClient,
  records: readonly Pick<HelmRecord, "kind" | "namespace" | "object">[],
  shown: boolean,
): Promise<void> {
  for (const { kind, namespace, object } of records)
    try {
      await cluster.request("PATCH", kubePath({ apiVersion: "v1", kind, namespace, name: object }), {
        value: { metadata: { labels: { owner: shown ? "helm" : null, [asideLabel]: shown ? null : "helm" } } },
        type: "application/merge-patch+json",
      });
    } catch (error) {
      if (!(error instanceof KubeError) || error.code !== 404) throw error;
    }
}

type Pod = KubeObject & { spec: { nodeName?: string } };

/** A pod of the DaemonSet that was handed over. */
export interface OldPod {
  name: string;
  uid: string;
  node: string;
}

/**
 * Deletes the old DaemonSet and leaves its pods: they go on collecting, and the new DaemonSet, which has the same
 * selector, takes them for its own and replaces them node by node. An import in place would keep every field that the
 * old deployer has set and the program does not, such as `privileged` or a volume.
 *
 * @returns the pods that are to be replaced
 */
export async function letGo(
  cluster: KubernetesClient,
  { takenOver }: { takenOver: readonly TakenOver[] },
): Promise<OldPod[]> {
  const pods: OldPod[] = [];
  for (const taken of takenOver) {
    if (taken.how !== "hand over") continue;
    pods.push(...(await orphan(cluster, pathOfTaken(taken), taken.live)));
  }
  return pods;
}

/**
 * Deletes a DaemonSet without its pods. One that is gone, or that is another one by now, is left as it is: an interrupted
 * hand-over goes on from there.
 *
 * @returns its pods
 */
export async function orphan(cluster: KubernetesClient, path: string, live: KubeObject): Promise<OldPod[]> {
  const same = async (): Promise<boolean> => (await cluster.find(path))?.metadata.uid === live.metadata.uid;
  if (await same()) {
    await stripGeneration(cluster, live);
    await cluster.request("DELETE", path, {
      value: { propagationPolicy: "Orphan", preconditions: { uid: live.metadata.uid } },
      type: "application/json",
    });
    const gone = async (): Promise<true | undefined> => ((await same()) ? undefined : true);
    if ((await askUntil(gone, { timeoutMs: 60_000, everyMs: 1_000 })) === undefined)
      throw new Error(`${path} is still there a minute after it was deleted`);
  }
  // Once more: a node may have joined in between.
  return stripGeneration(cluster, live);
}

const generationLabel = "pod-template-generation";

/**
 * Takes a label off the old pods that would make the new DaemonSet take them for up to date, and never replace them: the
 * controller goes by the template's hash or by its generation, and each DaemonSet begins with generation 1.
 * Source: kubernetes pkg/controller/daemon/util/daemonset_util.go, IsPodUpdated
 */
async function stripGeneration(cluster: KubernetesClient, daemonSet: KubeObject): Promise<OldPod[]> {
  // Afterwards they have no owner; pods of another one may have the same labels.
  const pods = (await cluster.collectorPods<Pod>(daemonSet.metadata.namespace ?? "")).filter(
    ({ metadata: { ownerReferences: owners = [] } }) =>
      owners.length === 0 || owners.some(({ uid }) => uid === daemonSet.metadata.uid),
  );
  for (const { metadata } of pods) {
    if (metadata.labels?.[generationLabel] === undefined) continue;
    await cluster.request("PATCH", kubePath({ apiVersion: "v1", kind: "Pod", ...metadata }), {
      value: { metadata: { uid: metadata.uid, labels: { [generationLabel]: null } } },
      type: "application/merge-patch+json",
    });
  }
  return pods.map(({ metadata, spec }) => ({
    name: metadata.name,
    uid: metadata.uid ?? "",
    node: spec.nodeName ?? "no node",
  }));
}

/** Those of the old pods that are still there: the engine's waiting cannot tell them from new ones. */
export async function leftBehind(
  cluster: KubernetesClient,
  namespace: string,
  old: readonly OldPod[],
): Promise<readonly OldPod[]> {
  const there = (await cluster.collectorPods(namespace)).filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
  return old.filter(({ uid }) => there.some(({ metadata }) => metadata.uid === uid));
}
