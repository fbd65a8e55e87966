import { isDeepStrictEqual } from "node:util";

import type { ReRead } from "../../pipeline/lines-sent-again";
import { names, selectorLabels } from "../../settings/names";
import { comparePipelines, readFromTheFirstLine, reloadedEarly } from "./pipeline";
import { kubePath, type KubeObject } from "../cluster/kubernetes-client";
import type { RecordedResource } from "../recording/record-program";
import { planHelm, type HelmRecord } from "./helm";
import { declaredObjects, objectName, type Declared, type Obstacle, type TakenOver } from "./objects";
import { ownerObstacles, type Holders } from "./owners";
import { permissionChanges, permissionObstacles, type RoleUse } from "./permissions";
import { judgeWorkloads, type Workload } from "./workloads";

/** What `npx alloyctl adopt` would do, and what it will not touch. */
export interface AdoptPlan {
  takenOver: TakenOver[];
  /** Declared and not there yet, as `Kind name`. */
  created: string[];
  /** Alloy's old objects that the program does not have; they stay until somebody removes them. */
  leftAlone: string[];
  /** Other collectors of the cluster, and what each means. */
  beside: string[];
  changes: string[];
  /** Records of Helm releases that are hidden from Helm before the hand-over. */
  setAside: HelmRecord[];
  /** What keeps `--apply` from going on, each with what to do. */
  obstacles: Obstacle[];
  /** Containers that are read again from their first line, and why; empty if positions were found that serve on. */
  reReads: ReRead[];
  /** Nodes on which an old collector runs that keeps positions in the folder of the new one. */
  nodesWithPositions: string[];
}

/** What was read from the cluster. */
export interface FoundObjects {
  /** By {@link kubePath}: objects that have the name of one that the program declares. */
  byPath: ReadonlyMap<string, KubeObject>;
  /** ConfigMaps, Services and monitors of the namespace that belong to Alloy by label or name. */
  others: readonly KubeObject[];
  /** The deployed pipeline, or undefined where it was not found. */
  pipeline: string | undefined;
  /** GitOps programs' own objects. */
  holders: Holders;
  /** Undefined if nobody may list them. */
  helmRecords: readonly HelmRecord[] | undefined;
  /** Whatever runs a collector or as one of our ServiceAccounts, in the whole cluster. */
  workloads: readonly Workload[];
  /** Configuration of those that have one, by uid. */
  configs: ReadonlyMap<string, string>;
  /** Bindings of the whole cluster. */
  roleUses: readonly RoleUse[];
  /** Nodes on which a pod of the old DaemonSet runs. */
  oldNodes: readonly string[];
  /** What could not be looked at, each with the reason. */
  unseen: readonly string[];
}

/**
 * Compares what the program declares with what is there; pure.
 *
 * @param inState logical names that the stack's state has already: those need no adopting
 * @param next the pipeline's text that the program would deploy
 */
export function planAdoption(
  resources: readonly RecordedResource[],
  found: FoundObjects,
  inState: ReadonlyMap<string, string>,
  next: string,
): AdoptPlan {
  const plan: AdoptPlan = {
    ...{ takenOver: [], created: [], leftAlone: [], beside: [], changes: [] },
    ...{ setAside: [], obstacles: [], reReads: [], nodesWithPositions: [] },
  };
  const declared = declaredObjects(resources);
  const daemonSet = declared.find(({ object }) => isCollectors(object));
  const namespace = daemonSet?.object.metadata.namespace ?? "";
  const account = { namespace, name: names.serviceAccount };
  for (const { resource, object, path } of declared) {
    if (inState.has(resource.name)) continue;
    const live = found.byPath.get(path);
    if (live === undefined) {
      plan.created.push(objectName(object.kind, object.metadata));
      continue;
    }
    const taken: TakenOver = { resource, live, how: object.kind === "DaemonSet" ? "hand over" : "import" };
    plan.takenOver.push(taken);
    plan.obstacles.push(...foreign(object, live), ...elsewhere(object, live, namespace));
    plan.obstacles.push(...permissionObstacles(taken, found.roleUses, account));
    plan.obstacles.push(...(isCollectors(object) ? selectorObstacle(live) : []));
    if (object.kind === "ClusterRole") plan.changes.push(...permissionChanges(live, object));
  }
  // The program declares objects side by side: their order differs from run to run.
  plan.created.sort();
  for (const other of found.others) {
    const path = kubePath({ apiVersion: other.apiVersion ?? "v1", kind: other.kind ?? "", ...other.metadata });
    if (!declared.some((one) => one.path === path)) plan.leftAlone.push(objectName(other.kind ?? "", other.metadata));
  }
  const owners = ownerObstacles(plan.takenOver, found.holders);
  const helm = planHelm(plan.takenOver, found.helmRecords);
  plan.setAside = helm.setAside;
  plan.obstacles.push(...owners.obstacles, ...helm.obstacles);
  plan.changes.push(...owners.notes, ...helm.notes);
  judgeCollectors(plan, found, daemonSet, inState);
  comparePositions(plan, found, next);
  return plan;
}

const isCollectors = ({ kind, metadata }: Declared): boolean =>
  kind === "DaemonSet" && metadata.name === names.daemonSet;

/** Everything else of the cluster that collects, or that runs with what is taken over. */
function judgeCollectors(
  plan: AdoptPlan,
  found: FoundObjects,
  daemonSet: { resource: RecordedResource; path: string } | undefined,
  inState: ReadonlyMap<string, string>,
): void {
  const accounts = plan.takenOver.flatMap(({ resource, live: { metadata } }) =>
    (resource.inputs as { kind: string }).kind === "ServiceAccount"
      ? [{ namespace: metadata.namespace ?? "", name: metadata.name }]
      : [],
  );
  const around = {
    accounts,
    own: daemonSet === undefined ? undefined : found.byPath.get(daemonSet.path)?.metadata.uid,
    handsOver: daemonSet !== undefined && (inState.has(daemonSet.resource.name) || handsOver(plan) !== undefined),
  };
  const judged = judgeWorkloads(found.workloads, around, ({ uid }) => found.configs.get(uid));
  plan.beside = judged.beside;
  plan.obstacles.push(
    ...judged.obstacles,
    ...found.unseen.map((what) => ({
      problem: `nobody could look at ${what}`,
      remedy:
        "use a context that may list them; --force goes on without knowing whether another Alloy needs what is taken over",
      forced: true as const,
    })),
  );
}

/** The DaemonSet whose pods are handed over. */
const handsOver = ({ takenOver }: AdoptPlan): TakenOver | undefined =>
  takenOver.find(({ how, resource }) => how === "hand over" && isCollectors(resource.inputs as Declared));

/** Positions serve on where there are some: an old collector with the same sources has run on that node. */
function comparePositions(plan: AdoptPlan, { pipeline, oldNodes }: FoundObjects, next: string): void {
  if (plan.takenOver.length === 0) return;
  const old = handsOver(plan);
  if (old === undefined) {
    plan.reReads = readFromTheFirstLine(
      next,
      "finds no positions: no DaemonSet is taken over that could have kept any",
    );
    return;
  }
  const compared = comparePipelines(pipeline, next, { before: old.live, after: old.resource.inputs });
  const configMaps = plan.takenOver.filter(
    ({ resource }) => (resource.inputs as { kind: string }).kind === "ConfigMap",
  );
  const imported = configMaps.map(({ live }) => live.metadata.name);
  plan.changes.push(...compared.changes, ...reloadedEarly(old.live, imported));
  plan.reReads =
    compared.reReads.length === 0 && oldNodes.length === 0
      ? readFromTheFirstLine(next, "finds no positions: no pod of the old DaemonSet runs")
      : compared.reReads;
  if (plan.reReads.length === 0) plan.nodesWithPositions = [...oldNodes];
}

/** An object of our name that says it is something else's. */
function foreign({ kind, metadata }: Declared, live: KubeObject): Obstacle[] {
  const says = live.metadata.labels?.["app.kubernetes.io/name"];
  // The canary's objects have a name of their own.
  if (says === undefined || says === (metadata.labels?.["app.kubernetes.io/name"] ?? names.app)) return [];
  return [
    {
      problem: `${objectName(kind, metadata)} belongs to ${says} (label app.kubernetes.io/name), not to Alloy`,
      remedy: "it is left as it is: rename it, or deploy Alloy to another namespace (alloy:namespace)",
    },
  ];
}

/** An object of the whole cluster that an Alloy in another namespace has under our name. */
function elsewhere({ kind, metadata }: Declared, live: KubeObject, namespace: string): Obstacle[] {
  const release = live.metadata.annotations?.["meta.helm.sh/release-namespace"];
  if (release === undefined || release === namespace) return [];
  return [
    {
      problem: `${objectName(kind, metadata)} belongs to a Helm release in the namespace ${release}`,
      remedy:
        "it is left as it is: another Alloy would lose its permissions. Write another name for ours: alloy:names: { clusterRole: NAME }",
    },
  ];
}

// The selector is immutable, and pods that it does not match would run beside the new ones.
function selectorObstacle(live: KubeObject): Obstacle[] {
  const held = (live["spec"] as { selector?: { matchLabels?: Record<string, string> } }).selector?.matchLabels ?? {};
  const pods = (live["spec"] as { template?: { metadata?: { labels?: Record<string, string> } } }).template?.metadata
    ?.labels;
  const matches = Object.entries(selectorLabels).every(([key, value]) => pods?.[key] === value);
  if (isDeepStrictEqual(held, { ...selectorLabels }) || matches) return [];
  return [
    {
      problem: `the pods of the DaemonSet ${live.metadata.name} do not have the labels ${Object.entries(selectorLabels)
        .map(([k, v]) => `${k}=${v}`)
        .join(", ")}`,
      remedy: "new collectors would run beside the old ones: remove the old DaemonSet first (kubectl delete), then up",
    },
  ];
}
