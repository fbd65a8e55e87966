import { sumOutage } from "../../../../settings/outage-sum";
import type { Settings } from "../../../../settings/schema";
import type { Shape } from "../../../shape";

/** User and group `alloy` of the image. Source: grafana/alloy, Dockerfile, ARG UID="473" */
export const uid = 473;

/**
 * The one text that runs as root, letter by letter. With CHOWN and the storage directory it could leave a program of
 * root's on the node that everybody may start; so its text is part of its shape.
 */
const script = (neededKib: number): string =>
  [
    "set -eu",
    "directory=$1",
    `owner=${uid}:${uid}`,
    `needed=${neededKib}`,
    `free=$(($(stat -f -c '%a * %S / 1024' "$directory")))`,
    `used=$(du -sk "$directory" 2>/dev/null | cut -f 1 || true)`,
    "room=$((free + ${used:-0}))",
    'if [ "$room" -lt "$needed" ]; then',
    '  echo "$directory has room for $((room / 1024)) MiB, and alloy:wal promises what takes $((needed / 1024)) MiB" >&2',
    '  echo "free that disk or give the directory a larger one, or lower alloy:wal.outageBudget or alloy:wal.load" >&2',
    "  exit 1",
    "fi",
    `others=$(find "$directory" ! -user ${uid} -print -quit 2>/dev/null || true)`,
    'if [ "$(stat -c %u:%g "$directory")" = "$owner" ] && [ -z "$others" ]; then',
    '  echo "$directory belongs to $owner already"',
    "  exit 0",
    "fi",
    `find "$directory" -depth ! -user ${uid} -exec chown -h "$owner" {} +`,
    'chown "$owner" "$directory"',
    'echo "gave $directory to $owner"',
    "",
  ].join("\n");

/** The script for a stack with these settings. */
export const prepareScript = ({ wal }: Settings): string => script(Math.ceil(sumOutage(wal).diskBytes / 1024));

/** The init container, where the settings ask for one. Source: docs/architecture.md, "The storage directory" */
export function expectedPrepareStorage(settings: Settings): Shape {
  const { image, wal } = settings;
  return {
    name: "prepare-storage",
    image,
    command: ["/bin/sh", "-c", prepareScript(settings), "prepare-storage", wal.path],
    terminationMessagePolicy: "FallbackToLogsOnError",
    resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "100m", memory: "64Mi" } },
    securityContext: {
      runAsNonRoot: false,
      runAsUser: 0,
      runAsGroup: uid,
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"], add: ["CHOWN"] },
    },
    volumeMounts: [{ name: "storage", mountPath: wal.path }],
  };
}
