import type { KubernetesClient } from "../cluster/kubernetes-client";
import { KubeError } from "../cluster/kubernetes-client";

/** What of a cluster decides what collectors read, and no more: whole pods would be hundreds of megabytes. */
export interface Census {
  /** Undefined if they may not be listed, as the other two. */
  nodes: CensusNode[] | undefined;
  namespaces: string[] | undefined;
  pods: CensusPod[] | undefined;
  /** Pods that were not looked at, because there are too many. */
  podsLeftOut: number;
  /** Why something could not be listed, each reason once. */
  refusals: string[];
}

export interface CensusNode {
  name: string;
  labels: Record<string, string>;
}

export interface CensusPod {
  namespace: string;
  name: string;
  /** Empty while the scheduler has not placed it. */
  node: string;
  annotations: Record<string, string>;
  /** Init containers that have ended are not counted. */
  containers: number;
}

/** How much is read at most. */
export interface CensusLimits {
  /** Objects a request. */
  page: number;
  /** Pods in all. */
  pods: number;
  /** Milliseconds after which no further page is asked for. */
  time: number;
}

const usual: CensusLimits = { page: 500, pods: 20_000, time: 20_000 };

const metadataOnly = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io, application/json";
// A row has a pod's node and the number of its containers, which its metadata alone has not.
const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io, application/json";

interface Metadata {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

interface Page {
  metadata?: { continue?: string; remainingItemCount?: number };
  items?: { metadata: Metadata }[];
}

interface PodPage {
  metadata?: Page["metadata"];
  columnDefinitions?: { name: string }[];
  rows?: { cells: unknown[]; object?: { metadata?: Metadata } }[];
  /** From a server that makes no tables. */
  items?: { metadata: Metadata; spec?: { nodeName?: string; containers: unknown[] } }[];
}

/** Reads it page by page, the three kinds at the same time. Never throws: what could not be read is told. */
export async function takeCensus(cluster: KubernetesClient, limits: Partial<CensusLimits> = {}): Promise<Census> {
  const within = { ...usual, ...limits };
  const refusals = new Set<string>();
  const forbidden: string[] = [];
  const orRefusal = <T>(kind: string, read: Promise<T>): Promise<T | undefined> =>
    read.catch((error: unknown) => {
      if (error instanceof KubeError && error.code === 403) forbidden.push(kind);
      else refusals.add((error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "");
      return undefined;
    });
  const metadataOf = async (path: string): Promise<Metadata[]> => {
    const { items } = await readPages(
      cluster,
      path,
      metadataOnly,
      { ...within, pods: Infinity },
      ({ items = [] }: Page) => items.map(({ metadata }) => metadata),
    );
    return items;
  };
  const [nodes, namespaces, pods] = await Promise.all([
    orRefusal("nodes", metadataOf("/api/v1/nodes")),
    orRefusal("namespaces", metadataOf("/api/v1/namespaces")),
    orRefusal("pods", readPages(cluster, "/api/v1/pods", asTable, within, podsOf)),
  ]);
  return {
    nodes: nodes?.map(({ name, labels = {} }) => ({ name, labels })),
    namespaces: namespaces?.map(({ name }) => name),
    pods: pods?.items,
    podsLeftOut: pods?.leftOut ?? 0,
    refusals: [...(forbidden.length === 0 ? [] : [`no right to list ${forbidden.sort().join(", ")}`]), ...refusals],
  };
}

async function readPages<P extends { metadata?: Page["metadata"] }, T>(
  cluster: KubernetesClient,
  path: string,
  accept: string,
  { page, pods: most, time }: CensusLimits,
  itemsOf: (page: P) => T[],
): Promise<{ items: T[]; leftOut: number }> {
  const begun = Date.now();
  const items: T[] = [];
  let from = "";
  for (;;) {
    const query = `?limit=${page}${from === "" ? "" : `&continue=${encodeURIComponent(from)}`}`;
    let answer: P;
    try {
      answer = await cluster.readAs<P>(accept, `${path}${query}`);
    } catch (error) {
      // The place in the list has expired; what was read until then is a part.
      if (error instanceof KubeError && error.code === 410 && items.length > 0) return { items, leftOut: 1 };
      throw error;
    }
    items.push(...itemsOf(answer));
    from = answer.metadata?.continue ?? "";
    if (from === "") return { items, leftOut: 0 };
    if (items.length >= most || Date.now() - begun > time)
      return { items, leftOut: Math.max(1, answer.metadata?.remainingItemCount ?? 1) };
  }
}

function podsOf({ columnDefinitions, rows, items = [] }: PodPage): CensusPod[] {
  const whole = items.map(({ metadata, spec }) => podOf(metadata, spec?.nodeName ?? "", spec?.containers.length ?? 0));
  const column = (name: string): number => columnDefinitions?.findIndex((one) => one.name === name) ?? -1;
  const [ready, node] = [column("Ready"), column("Node")];
  const listed = (rows ?? []).flatMap(({ cells, object }) => {
    if (object?.metadata === undefined) return [];
    const [, containers = "0"] = /\/(\d+)$/.exec(String(cells[ready])) ?? [];
    const nodeName = String(cells[node] ?? "");
    return [podOf(object.metadata, nodeName === "<none>" ? "" : nodeName, Number(containers))];
  });
  return [...whole, ...listed];
}

const podOf = ({ name, namespace = "", annotations = {} }: Metadata, node: string, containers: number): CensusPod => ({
  ...{ name, namespace, annotations, node, containers },
});
