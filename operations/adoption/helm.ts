import { gunzipSync } from "node:zlib";

import { parseAllDocuments } from "yaml";

import type { KubeObject } from "../cluster/kubernetes-client";
import { objectName, type Obstacle, type TakenOver } from "./objects";

/** One record of a Helm release: Helm keeps one a revision, as a Secret or as a ConfigMap. */
export interface HelmRecord {
  kind: "Secret" | "ConfigMap";
  namespace: string;
  /** `sh.helm.release.v1.alloy.v3` */
  object: string;
  release: string;
  revision: number;
  /** What the revision has installed; undefined if the record could not be read. */
  holds: { kind: string; namespace: string; name: string }[] | undefined;
}

/** A release that an object says it belongs to. */
export interface ReleaseMark {
  namespace: string;
  release: string;
}

const releaseName = "meta.helm.sh/release-name";
const releaseNamespace = "meta.helm.sh/release-namespace";

/** The release that an object names, by annotation or by the labels that a chart gives; pure. */
export function releaseOf({ metadata }: KubeObject): ReleaseMark | undefined {
  const { annotations = {}, labels = {} } = metadata;
  const namespace = annotations[releaseNamespace] ?? metadata.namespace;
  const release =
    annotations[releaseName] ??
    (labels["app.kubernetes.io/managed-by"] === "Helm" || labels["heritage"] === "Helm"
      ? (labels["app.kubernetes.io/instance"] ?? labels["release"])
      : undefined);
  return release === undefined || namespace === undefined ? undefined : { namespace, release };
}

/** Reads a record, and of its contents only what it has installed: values may be secret; pure. */
export function helmRecord(kind: HelmRecord["kind"], { metadata, data }: KubeObject): HelmRecord {
  const labels = metadata.labels ?? {};
  const namespace = metadata.namespace ?? "";
  return {
    ...{ kind, namespace, object: metadata.name },
    release: labels["name"] ?? "",
    revision: Number(labels["version"] ?? 0),
    holds: contentsOf(kind, namespace, (data as { release?: string } | undefined)?.release),
  };
}

function contentsOf(kind: HelmRecord["kind"], namespace: string, release: string | undefined): HelmRecord["holds"] {
  if (release === undefined) return undefined;
  try {
    // A Secret's value is encoded once more than Helm's own text.
    const text = kind === "Secret" ? Buffer.from(release, "base64").toString() : release;
    const packed = Buffer.from(text, "base64");
    const plain = packed[0] === 0x1f && packed[1] === 0x8b ? gunzipSync(packed) : packed;
    const { manifest = "" } = JSON.parse(plain.toString()) as { manifest?: string };
    return parseAllDocuments(manifest).flatMap((document) => {
      const object = document.toJS() as Partial<KubeObject> | null;
      const name = object?.metadata?.name;
      if (object?.kind === undefined || name === undefined) return [];
      return [{ kind: object.kind, namespace: object.metadata?.namespace ?? namespace, name }];
    });
  } catch {
    return undefined; // the reason may quote values
  }
}

/** What is to be done about Helm. */
export interface HelmPlan {
  obstacles: Obstacle[];
  /** Records that are set aside, so that Helm knows nothing of the objects any more. */
  setAside: HelmRecord[];
  notes: string[];
}

/** Kinds that run nothing and give nobody anything: without their release they stay as they are. */
const still = [
  "ConfigMap",
  "Service",
  "ServiceMonitor",
  "PodMonitor",
  "Secret",
  "PodDisruptionBudget",
  "NetworkPolicy",
];

/**
 * What Helm releases mean for what is to be taken over. `helm uninstall` deletes by name whatever it has once
 * installed, and obeys `helm.sh/resource-policy: keep` only where its record has it, not where the object has (helm
 * issues 8132 and 10890). So its record is set aside, which takes nothing out of the cluster, unless the release holds
 * something that goes on running; pure.
 *
 * @param records undefined if nobody may list them
 */
export function planHelm(takenOver: readonly TakenOver[], records: readonly HelmRecord[] | undefined): HelmPlan {
  const plan: HelmPlan = { obstacles: [], setAside: [], notes: [] };
  const taken = takenOver.map(({ resource, live }) => ({
    kind: (resource.inputs as { kind: string }).kind,
    live,
  }));
  const marks = new Map<string, ReleaseMark>();
  for (const { live } of taken) {
    const mark = releaseOf(live);
    if (mark !== undefined) marks.set(`${mark.namespace}/${mark.release}`, mark);
  }
  for (const { namespace, release } of marks.values()) {
    const what = `Helm release ${release} (namespace ${namespace})`;
    if (records === undefined) {
      plan.obstacles.push({
        problem: `the objects say that they belong to ${what}, and its record may not be looked for`,
        remedy: `use a context that may list Secrets in ${namespace}. If that release is not there any more (helm -n ${namespace} list), --force goes on`,
        forced: true,
      });
      continue;
    }
    const own = records.filter((record) => record.namespace === namespace && record.release === release);
    const last = own.reduce<HelmRecord | undefined>(
      (a, b) => (a !== undefined && a.revision > b.revision ? a : b),
      undefined,
    );
    if (last === undefined) {
      // Charts that Kustomize or ArgoCD render have Helm's labels, and never had a release.
      if (taken.some(({ live }) => live.metadata.annotations?.[releaseName] === release))
        plan.notes.push(
          `${what} is only a mark: the cluster has no record of it, and the mark is taken off. If Helm keeps its records in a database, look at helm -n ${namespace} list first, and never run helm uninstall`,
        );
      continue;
    }
    const others = last.holds?.filter(
      (held) =>
        !still.includes(held.kind) &&
        !taken.some(
          ({ kind, live }) =>
            kind === held.kind &&
            live.metadata.name === held.name &&
            (live.metadata.namespace ?? held.namespace) === held.namespace,
        ),
    );
    if (others === undefined || others.length > 0) {
      const rest =
        others === undefined
          ? "more than can be seen (its record cannot be read)"
          : others.map((held) => objectName(held.kind, held)).join(", ");
      plan.obstacles.push({
        problem: `${what} still owns these objects, and ${rest}: helm uninstall would delete the new collectors, helm upgrade put the old ones back`,
        remedy: `take Alloy out of the release and keep its objects: annotate each with helm.sh/resource-policy=keep, then run helm upgrade with the chart's values that leave Alloy out. Never run helm uninstall`,
      });
      continue;
    }
    plan.setAside.push(...own);
    plan.notes.push(
      `${what} is set aside: its record keeps everything but the label by which Helm finds it (owner=helm), so that no helm uninstall or helm upgrade reaches the new collectors; --give-back puts the label back`,
    );
  }
  return plan;
}
