import * as fs from "node:fs/promises";
import * as path from "node:path";

import type { V1Container, V1VolumeMount } from "@kubernetes/client-node";

import type { Mount } from "./bubblewrap";
import { expand } from "./env";
import { SetupError, unsupported } from "./errors";

/** Where a pod's volumes lie on this machine, by name. `readOnly` holds for every mount of the volume. */
export type VolumeFolders = ReadonlyMap<string, { folder: string; readOnly: boolean }>;

/** The mounts of a container, in the pod's order; a subPath is resolved now and no longer follows the volume. */
export async function containerMounts(
  container: V1Container,
  volumes: VolumeFolders,
  env: Record<string, string>,
): Promise<Mount[]> {
  if ((container.volumeDevices ?? []).length > 0) throw unsupported("volumeDevices");
  const mounts: Mount[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const volume = volumes.get(mount.name);
    if (volume === undefined) throw new SetupError("CreateContainerConfigError", `no volume ${mount.name} in the pod`);
    if (mount.mountPropagation !== undefined && mount.mountPropagation !== "None") {
      throw unsupported(`mountPropagation ${mount.mountPropagation}`);
    }
    mounts.push({
      source: await mountSource(mount, volume.folder, env),
      target: mount.mountPath,
      readOnly: volume.readOnly || mount.readOnly === true,
    });
  }
  return mounts;
}

async function mountSource(mount: V1VolumeMount, folder: string, env: Record<string, string>): Promise<string> {
  const subPath = mount.subPath ?? (mount.subPathExpr === undefined ? "" : expand(mount.subPathExpr, env));
  if (subPath === "") return folder;
  if (path.isAbsolute(subPath) || subPath.split("/").includes("..")) {
    throw new SetupError("CreateContainerConfigError", `subPath ${subPath} must stay within its volume`);
  }
  const source = path.join(folder, subPath);
  // A path that is not there becomes a folder, as a kubelet makes it.
  if ((await fs.stat(source).catch(() => undefined)) === undefined) await fs.mkdir(source, { recursive: true });
  return fs.realpath(source);
}
