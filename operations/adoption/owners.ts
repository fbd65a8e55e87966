import type { KubeObject } from "../cluster/kubernetes-client";
import { takenName, type Obstacle, type TakenOver } from "./objects";

/** Objects by which GitOps programs hold others, as far as they could be read. */
export interface Holders {
  /** ArgoCD applications of the cluster. */
  applications: readonly KubeObject[];
  /** Flux's Kustomizations and HelmReleases, with their kind. */
  flux: readonly KubeObject[];
}

/** A program that holds an object: how it shows, and how it lets go. */
interface Owner {
  /** `the Flux Kustomization flux-system/alloy` */
  who: string;
  does: string;
  remedy: string;
  forced?: true;
}

const trackingAnnotation = "argocd.argoproj.io/tracking-id";
const argoFinalizer = "resources-finalizer.argocd.argoproj.io";
const instanceLabel = "app.kubernetes.io/instance";

/** Marks that are taken off what is imported: with one, a program of that name would take the object for its own. */
export const strippedMarks = {
  annotations: [trackingAnnotation, "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"],
  labels: [
    "helm.sh/chart",
    "argocd.argoproj.io/instance",
    ...["kustomize", "helm"].flatMap((part) => [
      `${part}.toolkit.fluxcd.io/name`,
      `${part}.toolkit.fluxcd.io/namespace`,
    ]),
  ],
} as const;

/**
 * Everything that holds what is to be taken over and would put it back or delete it, one obstacle a holder; pure. Helm is
 * apart, since its releases can be set aside.
 */
export function ownerObstacles(
  takenOver: readonly TakenOver[],
  holders: Holders,
): { obstacles: Obstacle[]; notes: string[] } {
  const found = new Map<string, { owner: Owner; objects: string[] }>();
  const notes = new Set<string>();
  for (const taken of takenOver)
    for (const owner of [
      ...controllers(taken),
      ...marked(taken),
      ...flux(taken, holders),
      ...argo(taken, holders, notes),
      ...managers(taken),
    ]) {
      const entry = found.get(owner.who) ?? { owner, objects: [] };
      entry.objects.push(takenName(taken));
      found.set(owner.who, entry);
    }
  const obstacles = [...found.values()].map(({ owner: { who, does, remedy, forced }, objects }) => ({
    problem: `${who} still manages these objects and ${does}: ${[...new Set(objects)].join(", ")}`,
    remedy,
    ...(forced && { forced }),
  }));
  return { obstacles: [...obstacles, ...takenOver.flatMap(onTheWayOut)], notes: [...notes] };
}

/** What is being deleted, or cannot be without somebody else. */
function onTheWayOut(taken: TakenOver): Obstacle[] {
  const { deletionTimestamp, finalizers = [] } = taken.live.metadata;
  if (deletionTimestamp !== undefined)
    return [{ problem: `${takenName(taken)} is being deleted`, remedy: "wait until it is gone, then run adopt again" }];
  const foreign = finalizers.filter((one) => one !== "orphan" && one !== "foregroundDeletion");
  if (taken.how !== "hand over" || foreign.length === 0) return [];
  return [
    {
      problem: `${takenName(taken)} has the finalizer ${foreign.join(", ")}: it cannot be deleted without whoever has set it`,
      remedy: "have that program let go of it first",
    },
  ];
}

const operatorRemedy =
  "scale the operator that reads it to zero, take the finalizers off it, and delete it with --cascade=orphan. Deleted otherwise it takes the objects along";

/** A controller makes anew what is deleted, and the garbage collector deletes what belongs to an owner that is gone. */
function controllers({ live }: TakenOver): Owner[] {
  return (live.metadata.ownerReferences ?? []).map(({ apiVersion = "", kind, name }) => ({
    who: `${kind} ${name}${apiVersion === "" ? "" : ` (${apiVersion})`}`,
    does: "would make them anew, and they are deleted with it",
    remedy: operatorRemedy,
  }));
}

type Place = "labels" | "annotations";

/** Marks of programs of which the cluster keeps no object that says whether they still hold on. */
const programs: {
  in: Place;
  key: RegExp;
  who: (value: string) => string;
  remedy: string;
  when?: (value: string) => boolean;
}[] = [
  {
    ...{ in: "labels", key: /^olm\.(owner|managed)$/ },
    who: (value) => `the Operator Lifecycle Manager (${value})`,
    remedy: "remove the operator's Subscription, and then its ClusterServiceVersion with --cascade=orphan",
  },
  {
    // Of an object of the whole cluster, which an object of a namespace cannot own.
    ...{ in: "annotations", key: /^operator-sdk\/primary-resource$/ },
    who: (value) => `the operator that reads ${value}`,
    remedy: operatorRemedy,
  },
  {
    ...{ in: "annotations", key: /^objectset\.rio\.cattle\.io\/(owner-name|id)$/ },
    who: (value) => `Rancher (Fleet bundle or HelmChart, ${value})`,
    remedy:
      "take Alloy out of the bundle's repository with keepResources: true, or delete the HelmChart with --cascade=orphan after its helm release is set aside; then take the annotations objectset.rio.cattle.io/* off",
  },
  {
    ...{ in: "labels", key: /^kapp\.k14s\.io\/app$/ },
    who: (value) => `kapp (app ${value})`,
    remedy:
      "annotate the objects in the app with kapp.k14s.io/delete-strategy: orphan, deploy it once, and take them out of it",
  },
  {
    ...{ in: "annotations", key: /^config\.k8s\.io\/owning-inventory$/ },
    who: (value) => `an inventory of kpt or Config Sync (${value})`,
    remedy:
      "annotate the objects there with client.lifecycle.config.k8s.io/deletion: detach, apply once, and take them out",
  },
  {
    ...{ in: "annotations", key: /^configmanagement\.gke\.io\/managed$/, when: (value: string) => value === "enabled" },
    who: () => "Config Sync",
    remedy: "write configmanagement.gke.io/managed: disabled in its repository, and wait until the annotation is gone",
  },
  {
    ...{ in: "labels", key: /^applyset\.kubernetes\.io\/part-of$/ },
    who: (value) => `an ApplySet of kubectl apply --prune (${value})`,
    remedy:
      "take the objects out of what is applied, and their label applyset.kubernetes.io/part-of off before the next apply",
  },
  {
    ...{ in: "labels", key: /^addonmanager\.kubernetes\.io\/mode$/ },
    who: (value) => `the cluster's addon manager (${value})`,
    remedy: "take the label addonmanager.kubernetes.io/mode off, and the file from the control plane's addons folder",
  },
];

function marked({ live: { metadata } }: TakenOver): Owner[] {
  return programs.flatMap(({ in: place, key, who, remedy, when }) =>
    Object.entries(metadata[place] ?? {})
      .filter(([name, value]) => key.test(name) && (when?.(value) ?? true))
      .map(([, value]) => ({ who: who(value), does: "would put them back or delete them", remedy })),
  );
}

/** Flux marks with name and namespace; of a Kustomization the inventory says what it still holds. */
function flux(taken: TakenOver, { flux: holders }: Holders): Owner[] {
  const { labels = {}, name, namespace = "" } = taken.live.metadata;
  return (["Kustomization", "HelmRelease"] as const).flatMap((kind) => {
    const domain = `${kind === "Kustomization" ? "kustomize" : "helm"}.toolkit.fluxcd.io`;
    const [by, where] = [labels[`${domain}/name`], labels[`${domain}/namespace`] ?? ""];
    if (by === undefined) return [];
    const holder = holders.find(
      (one) => one.kind === kind && one.metadata.name === by && one.metadata.namespace === where,
    );
    if (holder === undefined) return [];
    const { inventory } = (holder["status"] ?? {}) as { inventory?: { entries?: { id: string }[] } };
    const held = (resourceKind: string): boolean =>
      inventory?.entries?.some(({ id }) => id.startsWith(`${namespace}_${name}_`) && id.endsWith(`_${resourceKind}`)) ??
      true;
    if (kind === "Kustomization" && !held((taken.resource.inputs as { kind: string }).kind)) return [];
    return [
      {
        who: `the Flux ${kind} ${where}/${by}`,
        does: "would put them back or delete them",
        remedy:
          kind === "Kustomization"
            ? `annotate the objects in its repository with kustomize.toolkit.fluxcd.io/prune: disabled, wait for one reconciliation, then take them out of the repository`
            : `flux suspend helmrelease ${by} -n ${where}, then delete it while it is suspended: Flux then leaves the release alone, and adopt sets its record aside`,
      },
    ];
  });
}

/** By its annotation, or, as ArgoCD before 3.0 does by default, by the label that Kustomize's own labels have, too. */
function argo({ live: { metadata } }: TakenOver, { applications }: Holders, notes: Set<string>): Owner[] {
  const tracked = metadata.annotations?.[trackingAnnotation]?.split(":")[0];
  const name = tracked ?? metadata.labels?.["argocd.argoproj.io/instance"] ?? metadata.labels?.[instanceLabel];
  // An application outside ArgoCD's own namespace is called `namespace_name`.
  const found = applications.find(
    (one) => one.metadata.name === name || `${one.metadata.namespace ?? ""}_${one.metadata.name}` === name,
  );
  if (found === undefined) {
    if (tracked !== undefined)
      notes.add(
        `ArgoCD's mark of the application ${tracked} is taken off. This cluster has no such application; if an ArgoCD of another cluster deploys here, take Alloy out of it first, or it puts the old objects back`,
      );
    return [];
  }
  return [
    {
      who: `the ArgoCD application ${found.metadata.name}`,
      does: "would put them back",
      remedy:
        "let it go without deleting: in its ApplicationSet set syncPolicy.preserveResourcesOnDeletion: true, " +
        (found.metadata.finalizers?.includes(argoFinalizer)
          ? `take the finalizer ${argoFinalizer} off the application, and delete it with --cascade=orphan`
          : "then delete it with --cascade=orphan"),
    },
  ];
}

/** Programs that leave no mark but their name among the field managers. It stays there when they have let go. */
const managersOfOthers: [manager: RegExp, who: string, remedy: string][] = [
  [
    /^(terraform|opentofu|hashicorp)/i,
    "Terraform",
    "terraform state rm for each of them, and take them out of the configuration",
  ],
  [/^pulumi-kubernetes/, "another Pulumi stack", "pulumi state delete for each of them in that stack"],
  [/crossplane/, "Crossplane", "set deletionPolicy: Orphan on its Object resources, and delete those"],
  [/^(OpenAPI-Generator|ansible)/, "Ansible or another script", "take Alloy out of it"],
];

function managers({ live: { metadata } }: TakenOver): Owner[] {
  const names = (metadata.managedFields ?? []).flatMap(({ manager }) => manager ?? []);
  return managersOfOthers
    .filter(([pattern]) => names.some((name) => pattern.test(name)))
    .map(([, who, remedy]) => ({
      who,
      does: "has set fields of them, and may put them back",
      remedy: `${remedy}. Its name stays among the field managers afterwards: --force goes on then`,
      forced: true,
    }));
}
