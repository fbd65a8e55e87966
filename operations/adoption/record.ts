import { gunzipSync, gzipSync } from "node:zlib";

import { UserError } from "../../kit/user-error";
import { kubePath, type KubernetesClient, type KubeObject } from "../cluster/kubernetes-client";
import type { RecordedResource } from "../recording/record-program";
import type { HelmRecord } from "./helm";
import { declaredObjects, pathOfTaken, type TakenOver } from "./objects";
import type { AdoptPlan } from "./plan";

/**
 * How far an adoption has come. `begun`: objects go into the state, the old collectors run. `released`: the old DaemonSet
 * is deleted, its pods are replaced. `proved`: lines arrive. `giving back`: the way back has begun.
 */
export type Phase = "begun" | "released" | "proved" | "giving back";

/** What an adoption has found, so that it can go on after an interruption, or give everything back. */
export interface AdoptionRecord {
  stack: string;
  phase: Phase;
  startedAt: string;
  /** Logical names that the stack's state had before. */
  inState: string[];
  /** As they were. */
  taken: { name: string; how: TakenOver["how"]; live: KubeObject }[];
  /** Paths of what was not there and is made. */
  made: string[];
  helm: Pick<HelmRecord, "kind" | "namespace" | "object">[];
}

/** The Secret in the stack's namespace that keeps it: whoever runs the next command may do so on another machine. */
export const recordName = "alloy-adoption";

const recordKey = "adoption.json.gz";

const pathOf = (namespace: string): string =>
  kubePath({ apiVersion: "v1", kind: "Secret", namespace, name: recordName });

/** The record of what a plan is about to do; pure. */
export function recordOf(
  stack: string,
  plan: Pick<AdoptPlan, "takenOver" | "setAside">,
  resources: readonly RecordedResource[],
  inState: ReadonlyMap<string, string>,
  startedAt: string,
): AdoptionRecord {
  const taken = plan.takenOver.map(({ resource, how, live }) => ({ name: resource.name, how, live }));
  const there = new Set(plan.takenOver.map(pathOfTaken));
  return {
    ...{ stack, startedAt, phase: "begun" },
    ...{ taken, inState: [...inState.keys()] },
    made: declaredObjects(resources)
      .filter(({ resource, path }) => !inState.has(resource.name) && !there.has(path))
      .map(({ path }) => path),
    helm: plan.setAside.map(({ kind, namespace, object }) => ({ kind, namespace, object })),
  };
}

/** What a record says is taken over, with what the program declares by now; pure. */
export function takenFrom({ taken }: AdoptionRecord, resources: readonly RecordedResource[]): TakenOver[] {
  return taken.flatMap(({ name, how, live }) => {
    const resource = resources.find((one) => one.name === name);
    return resource === undefined ? [] : [{ resource, how, live }];
  });
}

/** The record of an adoption that was begun or done, or undefined. */
export async function readRecord(cluster: KubernetesClient, namespace: string): Promise<AdoptionRecord | undefined> {
  const secret = await cluster.find<KubeObject & { data?: Record<string, string> }>(pathOf(namespace));
  const packed = secret?.data?.[recordKey];
  if (secret === undefined) return undefined;
  if (packed === undefined)
    throw UserError.of(
      `Secret ${namespace}/${recordName}`,
      recordKey,
      "is missing: this is no record of an adoption",
      "look at it, and delete it if nobody needs it",
      "nothing was changed",
    );
  return JSON.parse(gunzipSync(Buffer.from(packed, "base64")).toString()) as AdoptionRecord;
}

/** Writes it, anew or over the last one. */
export async function writeRecord(cluster: KubernetesClient, namespace: string, record: AdoptionRecord): Promise<void> {
  const data = { [recordKey]: gzipSync(JSON.stringify(record)).toString("base64") };
  if ((await cluster.find(pathOf(namespace))) === undefined)
    await cluster.request("POST", `/api/v1/namespaces/${namespace}/secrets`, {
      value: {
        ...{ apiVersion: "v1", kind: "Secret", type: "detectviz.io/adoption" },
        metadata: { name: recordName, namespace, labels: { "app.kubernetes.io/part-of": "detectviz" } },
        data,
      },
      type: "application/json",
    });
  else await cluster.request("PATCH", pathOf(namespace), { value: { data }, type: "application/merge-patch+json" });
}

/** Takes the way back away. */
export async function forgetRecord(cluster: KubernetesClient, namespace: string): Promise<boolean> {
  if ((await cluster.find(pathOf(namespace))) === undefined) return false;
  await cluster.request("DELETE", pathOf(namespace));
  return true;
}
