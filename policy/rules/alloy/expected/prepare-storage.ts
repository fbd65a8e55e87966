import { sumOutage } from "../../../../settings/outage-sum";
import type { Settings } from "../../../../settings/schema";
import type { Shape } from "../../../shape";

/** User and group `alloy` of the image. Source: grafana/alloy, Dockerfile, ARG UID="473" */
export const uid = 473;

// Positions that Alloy's reader refuses get another name: bytes that are no text, a first line that is not Alloy's, a
// last line that ends inside of a quote or a key. Root may read no file of another user's, so that it owns the file, and
// the folder of one that is renamed, for a moment.
const setPositionsAside = [
  "unreadable() {",
  '  [ -s "$1" ] || return 1',
  String.raw`  [ "$(tr -d '\11\12\15\40-\176\200-\377' <"$1" | wc -c)" -eq 0 ] || return 0`,
  `  if LC_ALL=C.UTF-8 grep -aqvx '.*' "$1"; then return 0; fi`,
  `  case $(head -n 1 "$1") in positions: | 'positions: {}') ;; *) return 0 ;; esac`,
  '  case $(tail -n 1 "$1") in',
  `    '  ? path: '"'"*"'" | '    labels: '"'"*"'" | '  : '"'"*"'") return 1 ;;`,
  `    '  ? path: "'*'"' | '    labels: "'*'"' | '  : "'*'"') return 1 ;;`,
  String.raw`    '  ? path: '[\'\"]* | '    labels: '[\'\"]* | '  : '[\'\"]*) return 0 ;;`,
  "    positions:* | '  ? path: '* | '    labels: '* | '  : '*) return 1 ;;",
  "  esac",
  "}",
  String.raw`find "$directory" -type f \( -name positions.yml -o -name positions.acknowledged.yml \) 2>/dev/null | while IFS= read -r file; do`,
  '  [ -r "$file" ] || chown -h 0 "$file"',
  '  if unreadable "$file"; then',
  "    aside=$file.unreadable-$(date -u +%Y%m%dT%H%M%SZ)",
  "    folder=${file%/*}",
  '    [ -w "$folder" ] || chown -h 0 "$folder"',
  '    mv "$file" "$aside"',
  '    chown -h "$owner" "$folder"',
  '    echo "$file is no file that Alloy can read: set aside as $aside, and what the kubelet still has is read again" >&2',
  "    file=$aside",
  "  fi",
  '  chown -h "$owner" "$file"',
  "done",
];

// The tools that the rest takes, and what SELinux calls this process if the rest fails: it reads no more of the node.
const explainFailures = [
  "for tool in stat find chown cut tr wc grep head tail date mv; do",
  '  command -v "$tool" >/dev/null && continue',
  '  echo "this image has no $tool: take the ordinary image, or set alloy:wal.prepare to none and have the nodes make $directory for $owner" >&2',
  "  exit 1",
  "done",
  "refused() {",
  '  [ "$?" -ne 0 ] || return 0',
  String.raw`  label=$(tr -d '\0' </proc/self/attr/current 2>/dev/null || true)`,
  "  case $label in",
  "    *:*:*:*)",
  '      echo "the node has SELinux, and this ran as $label: have the nodes make $directory for $owner with type container_file_t, and set alloy:wal.prepare to none (docs/platforms.md)" >&2',
  "      ;;",
  "  esac",
  "}",
  "trap refused EXIT",
];

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
    ...explainFailures,
    `free=$(($(stat -f -c '%a * %S / 1024' "$directory")))`,
    `used=$(du -sk "$directory" 2>/dev/null | cut -f 1 || true)`,
    "room=$((free + ${used:-0}))",
    'if [ "$room" -lt "$needed" ]; then',
    '  echo "$directory has room for $((room / 1024)) MiB, and alloy:wal promises what takes $((needed / 1024)) MiB" >&2',
    '  echo "free that disk or give the directory a larger one, or lower alloy:wal.outageBudget or alloy:wal.load" >&2',
    "  trap - EXIT",
    "  exit 1",
    "fi",
    ...setPositionsAside,
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
