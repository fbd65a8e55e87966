import { askUntil } from "../../kit/waiting";
import { names } from "../../settings/names";
import type { Settings } from "../../settings/schema";
import { declaredObjects, type AdoptPlan, type FoundObjects } from "./plan";
import { KubeError, kubePath, type KubernetesClient, type KubeObject } from "../cluster/kubernetes-client";
import type { RecordedResource } from "../recording/record-program";

interface DaemonSetSpec {
  template: { spec: { volumes?: { configMap?: { name?: string } }[] } };
}

/** Reads what {@link planAdoption} compares, the namespace, and every pod of the cluster. */
export async function findObjects(
  cluster: KubernetesClient,
  settings: Settings,
  resources: readonly RecordedResource[],
): Promise<FoundObjects & { namespaceIsThere: boolean; pods: KubeObject[] }> {
  const byPath = new Map<string, KubeObject>();
  for (const { path } of declaredObjects(resources)) {
    const live = await cluster.find(path);
    if (live !== undefined) byPath.set(path, live);
  }
  const namespace = settings.namespace.name;
  const place = (kind: string, apiVersion: string): string =>
    kubePath({ apiVersion, kind, namespace, name: "" }).replace(/\/$/, "");
  const lists = await Promise.all([
    list(cluster, place("ConfigMap", "v1"), "ConfigMap", "v1"),
    list(cluster, place("Service", "v1"), "Service", "v1"),
    list(cluster, place("ServiceMonitor", "monitoring.coreos.com/v1"), "ServiceMonitor", "monitoring.coreos.com/v1"),
    list(cluster, place("PodMonitor", "monitoring.coreos.com/v1"), "PodMonitor", "monitoring.coreos.com/v1"),
  ]);
  const others = lists.flat().filter(isAlloys);
  const daemonSet = byPath.get(
    kubePath({ apiVersion: "apps/v1", kind: "DaemonSet", namespace, name: names.daemonSet }),
  );
  const mounted = ((daemonSet?.["spec"] as DaemonSetSpec | undefined)?.template.spec.volumes ?? []).flatMap(
    ({ configMap }) => configMap?.name ?? [],
  );
  const pods = await cluster.list("/api/v1/pods");
  return {
    byPath,
    others,
    pipeline: pipelineOf(others.filter(({ metadata }) => mounted.includes(metadata.name))),
    applications: await list(cluster, "/apis/argoproj.io/v1alpha1/applications", "Application", "argoproj.io/v1alpha1"),
    namespaceIsThere: (await cluster.find(`/api/v1/namespaces/${namespace}`)) !== undefined,
    pods,
  };
}

/** A list leaves kind and version to the list itself. A kind that the cluster does not have has no objects. */
async function list(cluster: KubernetesClient, path: string, kind: string, apiVersion: string): Promise<KubeObject[]> {
  try {
    return (await cluster.list(path)).map((item) => ({ ...item, kind, apiVersion }));
  } catch (error) {
    if (error instanceof KubeError && error.code === 404) return [];
    throw error;
  }
}

/** By label, or by the name that Kustomize gives: `alloy-config-7h2k9m5d8f`. */
const isAlloys = ({ metadata }: KubeObject): boolean =>
  metadata.labels?.["app.kubernetes.io/name"] === names.app ||
  new RegExp(`^(${names.app}|${names.configMap}(-[a-z0-9]{10})?)$`).test(metadata.name);

function pipelineOf(configMaps: readonly KubeObject[]): string | undefined {
  for (const { data } of configMaps) {
    const files = (data ?? {}) as Record<string, string>;
    const text = files[names.configKey] ?? Object.entries(files).find(([name]) => name.endsWith(".alloy"))?.[1];
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Takes ArgoCD's mark off what was imported: with it, an application of that name would take the objects for its own. */
export async function stripTracking(cluster: KubernetesClient, { takenOver }: AdoptPlan): Promise<void> {
  for (const { live, resource } of takenOver) {
    if (live.metadata.annotations?.["argocd.argoproj.io/tracking-id"] === undefined) continue;
    const { apiVersion, kind } = resource.inputs as { apiVersion: string; kind: string };
    await cluster.request("PATCH", kubePath({ apiVersion, kind, ...live.metadata }), {
      value: { metadata: { annotations: { "argocd.argoproj.io/tracking-id": null } } },
      type: "application/merge-patch+json",
    });
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
export async function letGo(cluster: KubernetesClient, { takenOver }: AdoptPlan): Promise<OldPod[]> {
  const pods: OldPod[] = [];
  for (const { live, how, resource } of takenOver) {
    if (how !== "hand over") continue;
    const { apiVersion, kind } = resource.inputs as { apiVersion: string; kind: string };
    const path = kubePath({ apiVersion, kind, ...live.metadata });
    await stripGeneration(cluster, live);
    await cluster.request("DELETE", path, {
      value: { propagationPolicy: "Orphan", preconditions: { uid: live.metadata.uid } },
      type: "application/json",
    });
    const gone = async (): Promise<true | undefined> => ((await cluster.find(path)) === undefined ? true : undefined);
    if ((await askUntil(gone, { timeoutMs: 60_000, everyMs: 1_000 })) === undefined)
      throw new Error(`${path} is still there a minute after it was deleted`);
    // Once more: a node may have joined in between.
    pods.push(...(await stripGeneration(cluster, live)));
  }
  return pods;
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
