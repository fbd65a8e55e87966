import { errorText } from "../../kit/error-text";
import { names } from "../../settings/names";
import type { Settings } from "../../settings/schema";
import { KubeError, kubePath, type KubernetesClient, type KubeObject } from "../cluster/kubernetes-client";
import { countedPod, type CountedPod } from "../collectors/collected-containers";
import type { RecordedResource } from "../recording/record-program";
import { helmRecord, releaseOf, type HelmRecord } from "./helm";
import { declaredObjects } from "./objects";
import type { RoleUse, Subject } from "./permissions";
import type { FoundObjects } from "./plan";
import { concerns, workloadKinds, workloadOf, type Workload } from "./workloads";

interface DaemonSetSpec {
  template: { spec: { volumes?: { configMap?: { name?: string } }[] } };
}

/** What {@link planAdoption} compares, the namespace, and what is counted of every pod of the cluster. */
export interface FoundCluster extends FoundObjects {
  namespaceIsThere: boolean;
  pods: CountedPod[];
}

/** Reads all of it; of long lists only what is needed is kept. */
export async function findObjects(
  cluster: KubernetesClient,
  settings: Settings,
  resources: readonly RecordedResource[],
): Promise<FoundCluster> {
  const byPath = new Map<string, KubeObject>();
  for (const { path } of declaredObjects(resources)) {
    const live = await cluster.find(path);
    if (live !== undefined) byPath.set(path, live);
  }
  const namespace = settings.namespace.name;
  const monitoring = "monitoring.coreos.com/v1";
  const lists = await Promise.all(
    [
      ["ConfigMap", "v1"],
      ["Service", "v1"],
      ["ServiceMonitor", monitoring],
      ["PodMonitor", monitoring],
    ].map(([kind = "", apiVersion = ""]) =>
      list(cluster, kubePath({ apiVersion, kind, namespace, name: "" }).replace(/\/$/, ""), kind, apiVersion),
    ),
  );
  const others = lists.flat().filter(isAlloys);
  const daemonSet = byPath.get(
    kubePath({ apiVersion: "apps/v1", kind: "DaemonSet", namespace, name: names.daemonSet }),
  );
  const mounted = ((daemonSet?.["spec"] as DaemonSetSpec | undefined)?.template.spec.volumes ?? []).flatMap(
    ({ configMap }) => configMap?.name ?? [],
  );
  const unseen: string[] = [];
  const around = await workloadsAround(cluster, settings, daemonSet?.metadata.uid, unseen);
  return {
    ...{ byPath, others, unseen },
    pipeline: pipelineOf(others.filter(({ metadata }) => mounted.includes(metadata.name))),
    holders: {
      applications: await list(
        cluster,
        "/apis/argoproj.io/v1alpha1/applications",
        "Application",
        "argoproj.io/v1alpha1",
      ),
      flux: await fluxHolders(cluster, [...byPath.values()]),
    },
    helmRecords: await helmRecords(cluster, [...byPath.values()]),
    roleUses: await roleUses(cluster, unseen),
    ...around,
    configs: await configsOf(cluster, around.workloads),
    namespaceIsThere: (await cluster.find(`/api/v1/namespaces/${namespace}`)) !== undefined,
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

/** Whatever runs a collector or as our ServiceAccount, in every namespace; each pod is looked at once. */
async function workloadsAround(
  cluster: KubernetesClient,
  { namespace, logs }: Settings,
  daemonSet: string | undefined,
  unseen: string[],
): Promise<{ workloads: Workload[]; pods: CountedPod[]; oldNodes: string[] }> {
  const accounts = [{ namespace: namespace.name, name: names.serviceAccount }];
  // What is kept comes back from the list: one that begins anew would leave what it has put elsewhere twice.
  const part = (kind: string) => (object: KubeObject) => {
    const workload = workloadOf(kind, object);
    const kept = concerns(workload, accounts) ? workload : undefined;
    if (kind !== "Pod") return kept && { kept };
    const pod = object as KubeObject & CountedPod;
    const isOld = workload.runs && workload.owners.some(({ uid }) => uid === daemonSet);
    return {
      ...(kept && { kept }),
      pod: countedPod(pod, logs.optOutAnnotation),
      ...(isOld && { node: pod.spec?.nodeName }),
    };
  };
  const found: { kept?: Workload; pod?: CountedPod; node?: string | undefined }[] = [];
  for (const { kind, path } of workloadKinds)
    for (const one of await unless403(cluster.listParts(path, part(kind)), `${kind}s of the whole cluster`, unseen))
      found.push(one);
  const workloads = found.flatMap(({ kept }) => kept ?? []);
  const pods = found.flatMap(({ pod }) => pod ?? []);
  const oldNodes = [...new Set(found.flatMap(({ node }) => node ?? []))];
  return { workloads, pods, oldNodes };
}

/** The answer of a list, or nothing where it may not be read; that is said. */
async function unless403<T>(list: Promise<T[]>, what: string, unseen: string[]): Promise<T[]> {
  try {
    return await list;
  } catch (error) {
    if (!(error instanceof KubeError) || error.code !== 403) throw error;
    unseen.push(`${what} (${errorText(error).split("\n")[0] ?? ""})`);
    return [];
  }
}

/** The configuration of each, from the ConfigMaps that it mounts, if one of them may be read. */
async function configsOf(cluster: KubernetesClient, workloads: readonly Workload[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { uid, namespace, configMaps } of workloads) {
    const texts: string[] = [];
    for (const name of configMaps) {
      const path = kubePath({ apiVersion: "v1", kind: "ConfigMap", namespace, name });
      const live = await cluster.find(path).catch(() => undefined);
      texts.push(...Object.values((live?.["data"] ?? {}) as Record<string, string>));
    }
    if (texts.length > 0) found.set(uid, texts.join("\n"));
  }
  return found;
}

type Binding = KubeObject & { roleRef: RoleUse["role"]; subjects?: Subject[] };

async function roleUses(cluster: KubernetesClient, unseen: string[]): Promise<RoleUse[]> {
  const part =
    (kind: RoleUse["kind"]) =>
    ({ metadata: { name, namespace }, roleRef, subjects = [] }: Binding): RoleUse => ({
      ...{ kind, name, subjects, role: { kind: roleRef.kind, name: roleRef.name } },
      ...(namespace !== undefined && { namespace }),
    });
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  const [ofCluster, ofNamespaces] = [
    cluster.listParts(`${rbac}/clusterrolebindings`, part("ClusterRoleBinding")),
    cluster.listParts(`${rbac}/rolebindings`, part("RoleBinding")),
  ];
  return [
    ...(await unless403(ofCluster, "ClusterRoleBindings", unseen)),
    ...(await unless403(ofNamespaces, "RoleBindings of the whole cluster", unseen)),
  ];
}

/** Flux's own objects that the found ones name; a kind that is not there, or a version, holds nothing. */
async function fluxHolders(cluster: KubernetesClient, live: readonly KubeObject[]): Promise<KubeObject[]> {
  const kinds = [
    { kind: "Kustomization", domain: "kustomize.toolkit.fluxcd.io", versions: ["v1", "v1beta2"] },
    { kind: "HelmRelease", domain: "helm.toolkit.fluxcd.io", versions: ["v2", "v2beta2"] },
  ];
  const found = new Map<string, KubeObject>();
  for (const { kind, domain, versions } of kinds)
    for (const { metadata } of live) {
      const [name, namespace] = [metadata.labels?.[`${domain}/name`], metadata.labels?.[`${domain}/namespace`]];
      if (name === undefined || namespace === undefined) continue;
      for (const version of versions) {
        const path = kubePath({ apiVersion: `${domain}/${version}`, kind, namespace, name });
        const holder = found.has(`${kind} ${namespace}/${name}`) ? undefined : await cluster.find(path);
        if (holder !== undefined) found.set(`${kind} ${namespace}/${name}`, { ...holder, kind });
      }
    }
  return [...found.values()];
}

/** The records of the releases that the found objects name; undefined where nobody may list them. */
async function helmRecords(cluster: KubernetesClient, live: readonly KubeObject[]): Promise<HelmRecord[] | undefined> {
  const records: HelmRecord[] = [];
  const marks = new Map(
    live.flatMap((object) => releaseOf(object) ?? []).map((mark) => [`${mark.namespace}/${mark.release}`, mark]),
  );
  const refused: string[] = [];
  for (const { namespace, release } of marks.values())
    for (const kind of ["Secret", "ConfigMap"] as const) {
      const selector = encodeURIComponent(`owner=helm,name=${release}`);
      const path = `/api/v1/namespaces/${namespace}/${kind.toLowerCase()}s?labelSelector=${selector}`;
      records.push(
        ...(await unless403(
          cluster.listParts(path, (item: KubeObject) => helmRecord(kind, item)),
          kind,
          refused,
        )),
      );
    }
  return refused.length > 0 ? undefined : records;
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
