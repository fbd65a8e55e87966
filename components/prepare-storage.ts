import type * as k8s from "@pulumi/kubernetes";

import { collectorUid, names } from "../settings/names";

// The kubelet makes a missing hostPath directory as root, 0755, and fsGroup does not reach hostPath: without this the
// collector could not write its positions. Children first, the directory itself last, so that a right owner of the
// directory means that everything below it is done. `find` and `chown` are in the image.
const script = `set -eu
directory=$1
owner=${collectorUid}:${collectorUid}
if [ "$(stat -c %u:%g "$directory")" = "$owner" ]; then
  echo "$directory belongs to $owner already"
  exit 0
fi
find "$directory" -depth ! -user ${collectorUid} -exec chown -h "$owner" {} +
chown "$owner" "$directory"
echo "gave $directory to $owner"
`;

/**
 * Gives the storage directory to the collector's user. It runs as uid 0 with the one capability that this takes; the
 * group is the collector's, since without DAC_OVERRIDE a second run could not look into what the first gave away. The
 * policy pack allows this container, in exactly this shape, and no other as root.
 */
export function prepareStorageContainer(image: string, directory: string): k8s.types.input.core.v1.Container {
  return {
    name: names.prepareContainer,
    image,
    command: ["/bin/sh", "-c", script, names.prepareContainer, directory],
    resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "100m", memory: "64Mi" } },
    securityContext: {
      runAsNonRoot: false,
      runAsUser: 0,
      runAsGroup: collectorUid,
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"], add: ["CHOWN"] },
    },
    volumeMounts: [{ name: "storage", mountPath: directory }],
  };
}
