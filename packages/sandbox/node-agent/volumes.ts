import type { V1KeyToPath, V1Pod, V1Volume } from "@kubernetes/client-node";

import { SetupError, unsupported } from "./errors";
import type { ObjectData } from "./env";
import { fieldValue, resourceValue, type PodFacts } from "./fields";

/** One source of a volume made of files. */
export type FileSource =
  | { kind: "configMap" | "secret"; name: string; items: V1KeyToPath[]; optional: boolean }
  | { kind: "token"; path: string; audience: string | undefined; expirationSeconds: number }
  | { kind: "downwardAPI"; items: DownwardItem[] };

interface DownwardItem {
  path: string;
  mode?: number;
  value: (pod: V1Pod, facts: PodFacts) => string;
}

/** What a volume is, decided from the pod alone. */
export type VolumePlan =
  | { kind: "hostPath"; name: string; path: string; type: "" | "Directory" | "DirectoryOrCreate" }
  | { kind: "emptyDir"; name: string }
  | { kind: "files"; name: string; defaultMode: number; sources: FileSource[] };

/** Content of a volume made of files, by path in the volume. */
export type VolumeFiles = Map<string, { data: Buffer; mode: number; uid?: number }>;

/** A token that was requested for a source, and the mode and owner that its file gets. */
export interface Token {
  token: string;
  mode: number;
  uid: number | undefined;
}

/** Plans every volume of a pod; a kind that the agent cannot give is refused by name. */
export function planVolumes(pod: V1Pod): VolumePlan[] {
  return (pod.spec?.volumes ?? []).map(planVolume);
}

function planVolume(volume: V1Volume): VolumePlan {
  const { name } = volume;
  if (volume.hostPath) {
    const type = volume.hostPath.type ?? "";
    if (type !== "" && type !== "Directory" && type !== "DirectoryOrCreate") throw unsupported(`hostPath type ${type}`);
    return { kind: "hostPath", name, path: volume.hostPath.path, type };
  }
  if (volume.emptyDir) return { kind: "emptyDir", name };
  if (volume.configMap) {
    const { name: object = "", items = [], optional = false, defaultMode = 0o644 } = volume.configMap;
    return { kind: "files", name, defaultMode, sources: [{ kind: "configMap", name: object, items, optional }] };
  }
  if (volume.secret) {
    const { secretName = "", items = [], optional = false, defaultMode = 0o644 } = volume.secret;
    return { kind: "files", name, defaultMode, sources: [{ kind: "secret", name: secretName, items, optional }] };
  }
  if (volume.downwardAPI) {
    const { items = [], defaultMode = 0o644 } = volume.downwardAPI;
    return { kind: "files", name, defaultMode, sources: [{ kind: "downwardAPI", items: items.map(downwardItem) }] };
  }
  if (volume.projected) {
    const { sources, defaultMode = 0o644 } = volume.projected;
    return { kind: "files", name, defaultMode, sources: (sources ?? []).map(projectedSource) };
  }
  const kind = Object.keys(volume).find((key) => key !== "name") ?? "no source";
  throw unsupported(`volume ${name} of kind ${kind}`);
}

type Projection = NonNullable<NonNullable<V1Volume["projected"]>["sources"]>[number];

function projectedSource(source: Projection): FileSource {
  const { configMap, secret, serviceAccountToken: token, downwardAPI } = source;
  if (configMap) return fromObject("configMap", configMap);
  if (secret) return fromObject("secret", secret);
  if (token) {
    const { path, audience, expirationSeconds = 3600 } = token;
    return { kind: "token", path, audience, expirationSeconds };
  }
  if (downwardAPI) return { kind: "downwardAPI", items: (downwardAPI.items ?? []).map(downwardItem) };
  throw unsupported(`projected source ${Object.keys(source).join(", ")}`);
}

function fromObject(
  kind: "configMap" | "secret",
  source: { name?: string; items?: V1KeyToPath[]; optional?: boolean },
): FileSource {
  return { kind, name: source.name ?? "", items: source.items ?? [], optional: source.optional ?? false };
}

function downwardItem(item: NonNullable<NonNullable<V1Volume["downwardAPI"]>["items"]>[number]): DownwardItem {
  const { fieldRef, resourceFieldRef } = item;
  return {
    path: item.path,
    mode: item.mode,
    value: (pod, facts) => {
      if (fieldRef) return fieldValue(pod, facts, fieldRef);
      if (resourceFieldRef) return resourceValue(pod, undefined, facts, resourceFieldRef);
      throw unsupported(`downwardAPI item ${item.path} without fieldRef and resourceFieldRef`);
    },
  };
}

/**
 * The files of a volume as the objects are now. A missing object or key is an error unless it is optional; the words
 * are a kubelet's.
 */
export function renderFiles(
  plan: Extract<VolumePlan, { kind: "files" }>,
  pod: V1Pod,
  facts: PodFacts,
  objects: ObjectData,
  tokens: (source: Extract<FileSource, { kind: "token" }>) => Token,
): VolumeFiles {
  const files: VolumeFiles = new Map();
  for (const source of plan.sources) {
    if (source.kind === "token") {
      const { token, mode, uid } = tokens(source);
      files.set(source.path, { data: Buffer.from(token), mode, uid });
    } else if (source.kind === "downwardAPI") {
      for (const item of source.items) {
        files.set(item.path, { data: Buffer.from(item.value(pod, facts)), mode: item.mode ?? plan.defaultMode });
      }
    } else {
      addObject(files, plan, source, objects);
    }
  }
  return files;
}

function addObject(
  files: VolumeFiles,
  plan: Extract<VolumePlan, { kind: "files" }>,
  source: Extract<FileSource, { kind: "configMap" | "secret" }>,
  objects: ObjectData,
): void {
  const data = source.kind === "configMap" ? objects.configMap(source.name) : objects.secret(source.name);
  const kind = source.kind.toLowerCase();
  if (data === undefined) {
    if (source.optional) return;
    throw setUpFailed(plan.name, `${kind} "${source.name}" not found`);
  }
  if (source.items.length === 0) {
    for (const [key, value] of Object.entries(data)) files.set(key, { data: value, mode: plan.defaultMode });
    return;
  }
  for (const item of source.items) {
    const value = data[item.key];
    if (value !== undefined) files.set(item.path, { data: value, mode: item.mode ?? plan.defaultMode });
    else if (!source.optional) {
      throw setUpFailed(plan.name, `references non-existent ${kind} key: ${source.name}/${item.key}`);
    }
  }
}

function setUpFailed(volume: string, why: string): SetupError {
  return new SetupError("ContainerCreating", `MountVolume.SetUp failed for volume "${volume}" : ${why}`);
}
