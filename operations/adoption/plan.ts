import { isDeepStrictEqual } from "node:util";

import type { ReRead } from "../../pipeline/lines-sent-again";
import { names, selectorLabels } from "../../settings/names";
import { comparePipelines } from "./pipeline";
import { kubePath, type KubeObject } from "../cluster/kubernetes-client";
import type { RecordedResource } from "../recording/record-program";

/** An object that the program declares and the cluster has already. */
export interface TakenOver {
  resource: RecordedResource;
  live: KubeObject;
  /** `import`: into the state, then changed in place. `hand over`: deleted without its pods, and made anew around them. */
  how: "import" | "hand over";
}

/** What `npx alloyctl adopt` would do, and what it will not touch. */
export interface AdoptPlan {
  takenOver: TakenOver[];
  /** Declared and not there yet, as `Kind name`. */
  created: string[];
  /** Alloy's old objects that the program does not have; they stay until somebody removes them. */
  leftAlone: string[];
  changes: string[];
  /** What keeps `--apply` from going on, each with what to do. */
  obstacles: { problem: string; remedy: string }[];
  /** Containers that are read again from their first line, and why; empty where positions serve on. */
  reReads: ReRead[];
}

/** What was read from the cluster. */
export interface FoundObjects {
  /** By {@link kubePath}: objects that have the name of one that the program declares. */
  byPath: ReadonlyMap<string, KubeObject>;
  /** ConfigMaps, Services and monitors of the namespace that belong to Alloy by label or name. */
  others: readonly KubeObject[];
  /** The deployed pipeline, or undefined where it was not found. */
  pipeline: string | undefined;
  /** ArgoCD applications that are there, by name. */
  applications: readonly KubeObject[];
}

const trackingAnnotation = "argocd.argoproj.io/tracking-id";
const argoFinalizer = "resources-finalizer.argocd.argoproj.io";

/** `DaemonSet monitoring/alloy` */
export function objectName(kind: string, metadata: { name?: string; namespace?: string }): string {
  return `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name ?? ""}`;
}

interface Declared {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

/** The Kubernetes objects of a recording that are to be made, the namespace left out: it is never taken over. */
export function declaredObjects(
  resources: readonly RecordedResource[],
): { resource: RecordedResource; object: Declared; path: string }[] {
  return resources
    .filter(({ type, custom, read }) => type.startsWith("kubernetes:") && custom && !read)
    .map((resource) => ({ resource, object: resource.inputs as Declared }))
    .filter(({ object }) => object.kind !== "Namespace")
    .map(({ resource, object }) => ({
      resource,
      object,
      path: kubePath({ apiVersion: object.apiVersion, kind: object.kind, ...object.metadata }),
    }));
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
  const plan: AdoptPlan = { takenOver: [], created: [], leftAlone: [], changes: [], obstacles: [], reReads: [] };
  const declared = declaredObjects(resources);
  const namespace = declared.find(({ object }) => object.kind === "DaemonSet")?.object.metadata.namespace ?? "";
  for (const { resource, object, path } of declared) {
    if (inState.has(resource.name)) continue;
    const live = found.byPath.get(path);
    if (live === undefined) {
      plan.created.push(objectName(object.kind, object.metadata));
      continue;
    }
    plan.takenOver.push({ resource, live, how: object.kind === "DaemonSet" ? "hand over" : "import" });
    plan.obstacles.push(...foreign(object, live), ...elsewhere(object, live, namespace));
    plan.obstacles.push(...(object.kind === "DaemonSet" ? selectorObstacle(live) : []));
    if (object.kind === "ClusterRole") plan.changes.push(...permissionChanges(live, object));
  }
  for (const other of found.others) {
    const path = kubePath({ apiVersion: other.apiVersion ?? "v1", kind: other.kind ?? "", ...other.metadata });
    if (!declared.some((one) => one.path === path)) plan.leftAlone.push(objectName(other.kind ?? "", other.metadata));
  }
  plan.obstacles.push(...argoObstacles(plan.takenOver, found.applications));
  for (const { live, resource, how } of plan.takenOver) {
    if (how !== "hand over") continue;
    const compared = comparePipelines(found.pipeline, next, { before: live, after: resource.inputs });
    plan.changes.push(...compared.changes);
    plan.reReads = compared.reReads;
  }
  return plan;
}

/** An object of our name that says it is something else's. */
function foreign({ kind, metadata }: Declared, live: KubeObject): AdoptPlan["obstacles"] {
  const says = live.metadata.labels?.["app.kubernetes.io/name"];
  if (says === undefined || says === names.app) return [];
  return [
    {
      problem: `${objectName(kind, metadata)} belongs to ${says} (label app.kubernetes.io/name), not to Alloy`,
      remedy: "it is left as it is: rename it, or deploy Alloy to another namespace (alloy:namespace)",
    },
  ];
}

/** An object of the whole cluster that an Alloy in another namespace has under our name. */
function elsewhere({ kind, metadata }: Declared, live: KubeObject, namespace: string): AdoptPlan["obstacles"] {
  const release = live.metadata.annotations?.["meta.helm.sh/release-namespace"];
  const subjects = (live["subjects"] as { kind: string; namespace?: string; name: string }[] | undefined) ?? [];
  const others = subjects.filter((subject) => subject.namespace !== namespace);
  const whose =
    release !== undefined && release !== namespace
      ? `belongs to a Helm release in the namespace ${release}`
      : others.length > 0
        ? `binds ${others.map((one) => `${one.kind} ${one.namespace ?? ""}/${one.name}`).join(", ")}, which is not of the namespace ${namespace}`
        : undefined;
  if (whose === undefined) return [];
  return [
    {
      problem: `${objectName(kind, metadata)} ${whose}`,
      remedy: "it is left as it is: another Alloy would lose its permissions. Remove or rename that one first",
    },
  ];
}

// The selector is immutable, and pods that it does not match would run beside the new ones.
function selectorObstacle(live: KubeObject): AdoptPlan["obstacles"] {
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

function argoObstacles(takenOver: readonly TakenOver[], applications: readonly KubeObject[]): AdoptPlan["obstacles"] {
  // By its annotation, or, as ArgoCD before 3.0 does by default, by the label that Kustomize's own labels have, too.
  const tracked = new Set(
    takenOver.map(
      ({ live: { metadata } }) =>
        metadata.annotations?.[trackingAnnotation]?.split(":")[0] ?? metadata.labels?.["app.kubernetes.io/instance"],
    ),
  );
  return applications
    .filter(({ metadata }) => tracked.has(metadata.name))
    .map(({ metadata }) => ({
      problem: `the ArgoCD application ${metadata.name} still manages these objects and would put them back`,
      remedy:
        "let it go without deleting: in its ApplicationSet set syncPolicy.preserveResourcesOnDeletion: true, " +
        (metadata.finalizers?.includes(argoFinalizer)
          ? `take the finalizer ${argoFinalizer} off the application, and delete it with --cascade=orphan`
          : "then delete it with --cascade=orphan"),
    }));
}

type Rule = { apiGroups?: string[]; resources?: string[]; verbs?: string[]; nonResourceURLs?: string[] };

function permissionChanges(live: KubeObject, wanted: Declared): string[] {
  const of = (object: { [field: string]: unknown }): Set<string> =>
    new Set(
      ((object["rules"] as Rule[] | undefined) ?? []).flatMap(
        ({ apiGroups = [], resources = [], verbs = [], nonResourceURLs = [] }) => [
          ...apiGroups.flatMap((group) =>
            resources.flatMap((resource) =>
              verbs.map((verb) => `${verb} ${group === "" ? "" : `${group}/`}${resource}`),
            ),
          ),
          ...nonResourceURLs.flatMap((url) => verbs.map((verb) => `${verb} ${url}`)),
        ],
      ),
    );
  const [before, after] = [of(live), of(wanted)];
  const lost = [...before].filter((permission) => !after.has(permission)).sort();
  const gained = [...after].filter((permission) => !before.has(permission)).sort();
  return [
    ...(lost.length > 0 ? [`permissions taken away: ${lost.join(", ")}`] : []),
    ...(gained.length > 0 ? [`permissions added: ${gained.join(", ")}`] : []),
  ];
}

/** An entry of the file that `pulumi import --file` takes. */
export interface ImportEntry {
  type: string;
  name: string;
  component?: true;
  id?: string;
  parent?: string;
  provider?: string;
  inputs?: Record<string, unknown>;
}

/**
 * The import block: the provider, the components on the way, and each object that is imported; pure.
 *
 * @param inState logical names that the stack's state has already, with their URNs
 */
export function importFile(
  resources: readonly RecordedResource[],
  { takenOver }: Pick<AdoptPlan, "takenOver">,
  inState: ReadonlyMap<string, string>,
): { nameTable: Record<string, string>; resources: ImportEntry[] } {
  // The stack itself is there in any case, and is what an entry without a parent belongs to.
  const byName = new Map(
    resources.filter(({ type }) => type !== "pulumi:pulumi:Stack").map((resource) => [resource.name, resource]),
  );
  const nameTable: Record<string, string> = {};
  const entries = new Map<string, ImportEntry>();
  const add = (name: string): void => {
    const resource = byName.get(name);
    if (resource === undefined || entries.has(name)) return;
    const urn = inState.get(name);
    if (urn !== undefined) {
      nameTable[name] = urn;
      return;
    }
    if (resource.type.startsWith("pulumi:providers:"))
      entries.set(name, { type: resource.type, name, inputs: resource.inputs });
    else {
      add(resource.parent);
      entries.set(name, { type: resource.type, name, component: true, ...parentOf(resource) });
    }
  };
  const parentOf = ({ parent }: RecordedResource): { parent?: string } => (byName.has(parent) ? { parent } : {});
  for (const { resource, live, how } of takenOver) {
    if (how !== "import") continue;
    add(resource.options.provider);
    add(resource.parent);
    const { namespace, name } = live.metadata;
    entries.set(resource.name, {
      type: resource.type,
      name: resource.name,
      id: namespace === undefined ? name : `${namespace}/${name}`,
      ...parentOf(resource),
      provider: resource.options.provider,
    });
  }
  return { nameTable, resources: [...entries.values()] };
}
