import { posix } from "node:path";

import { isKind, pathIn, type KubernetesObject } from "../../kubernetes";
import { podOf, type PodRef } from "../../pods";
import type { Report } from "../../rule";
import { asArray, at, isAbsent, text, texts } from "../../values";

/** Where the pipeline's text stands in the cluster. */
export interface PipelinePlace {
  namespace: string;
  configMap: string;
  key: string;
}

/**
 * Whether the collectors run the text that the need is read from. A DaemonSet that is given another file, or another
 * ConfigMap in its place, would have the permissions of one pipeline and run another.
 */
export function lookAtPipelineRun(
  objects: readonly KubernetesObject[],
  { namespace, configMap, key }: PipelinePlace,
  container: string,
  reportOn: (object: KubernetesObject) => Report,
): void {
  const sets = objects.filter(
    (object) => isKind(object, "apps", "DaemonSet") && at(object.props, "metadata", "namespace") === namespace,
  );
  for (const set of sets) {
    const pod = podOf(set);
    if (pod === undefined) continue;
    const containers = asArray(pod.spec["containers"]);
    for (let i = 0; i < containers.length; i++) {
      if (at(containers[i], "name") !== container) continue;
      const path = `${pathIn(set, "spec", "template", "spec", "containers")}[${i}]`;
      const file = fileOf(pod, containers[i], configMap, key);
      const runs = texts(at(containers[i], "args")).filter((one) => !one.startsWith("-"));
      if (file === undefined)
        reportOn(set).violation(
          `${path}.volumeMounts`,
          `does not mount the ConfigMap ${configMap} as a whole, from which the need is read`,
          "Mount it where the collector reads its pipeline.",
        );
      else if (runs.length !== 2 || runs[0] !== "run" || runs[1] !== file)
        reportOn(set).violation(
          `${path}.args`,
          `does not run the key ${key} of the ConfigMap ${configMap} and nothing else`,
          "Let it run that one file.",
        );
    }
  }
}

/** The file that holds the key; undefined where the container has no such file, or something is mounted on top of it. */
function fileOf(pod: PodRef, container: unknown, configMap: string, key: string): string | undefined {
  const volumes = asArray(pod.spec["volumes"]).filter(
    (volume) => at(volume, "configMap", "name") === configMap && isAbsent(at(volume, "configMap", "items")),
  );
  const names = volumes.map((volume) => at(volume, "name"));
  const mounts = asArray(at(container, "volumeMounts"));
  const files = mounts
    .filter((mount) => names.includes(at(mount, "name")) && isAbsent(at(mount, "subPath")))
    .map((mount) => `${placeOf(mount)}/${key}`);
  const [file = ""] = files;
  const folder = file.slice(0, -key.length - 1);
  // Of two mounts in one place one hides the other, however the place is written.
  const inPlace = mounts.map(placeOf).filter((place) => place === folder || place === file);
  return files.length !== 1 || inPlace.length !== 1 ? undefined : file;
}

const placeOf = (mount: unknown): string => posix.join("/", text(at(mount, "mountPath"))).replace(/\/+$/, "");
