import type * as k8s from "@pulumi/kubernetes";

import { collectorUid, names } from "../../settings/names";

// The kubelet makes a missing hostPath directory as root, 0755, and fsGroup does not reach hostPath: without this the
// collector could not write its positions. It looks at everything below, too: an Alloy that runs as root, as the image does
// where nobody says otherwise, leaves positions that only root can read, also in a directory that was right before, and
// the collector would not start. What root cannot look into, without that capability, is the collector's own. `find` and
// `chown` are in the image.
//
// The room is what is free and what the collector has there already. A disk that fills up makes a collector skip lines
// without a counter, so a node that cannot keep the promise says so before it starts. Where `du` is absent or fails,
// nothing counts as there already: the check is then stricter, never kinder.
//
// A node that loses power can leave positions of NUL bytes, or the beginning of a file. Alloy's reader refuses those, and
// the collector would not start before somebody deletes the file on the node. It is kept under another name instead, and
// what the kubelet still has is read again. Looked for is what that reader was seen to refuse: a byte that is no text, a
// first line that is not Alloy's (also Promtail's files), an entry that ends inside of a quote or a key. Alloy writes
// one line for each part of an entry, whatever its length. The file may be the collector's alone (0600): then it
// is root's while it is read. A run that ends in between leaves that to the ownership below.
//
// Images without coreutils exist, and their dash would end in an arithmetic error. Where SELinux keeps root out of the
// directory, chown says only that it may not; under SELinux a process has a label of four parts, elsewhere it has none or
// AppArmor's, without a colon.
const script = (neededKib: number): string => `set -eu
directory=$1
owner=${collectorUid}:${collectorUid}
needed=${neededKib}
for tool in stat find chown cut tr wc grep head tail date mv; do
  command -v "$tool" >/dev/null && continue
  echo "this image has no $tool: take the ordinary image, or set alloy:wal.prepare to none and have the nodes make $directory for $owner" >&2
  exit 1
done
refused() {
  [ "$?" -ne 0 ] || return 0
  label=$(tr -d '\\0' </proc/self/attr/current 2>/dev/null || true)
  case $label in
    *:*:*:*)
      echo "the node has SELinux, and this ran as $label: have the nodes make $directory for $owner with type container_file_t, and set alloy:wal.prepare to none (docs/platforms.md)" >&2
      ;;
  esac
}
trap refused EXIT
free=$(($(stat -f -c '%a * %S / 1024' "$directory")))
used=$(du -sk "$directory" 2>/dev/null | cut -f 1 || true)
room=$((free + \${used:-0}))
if [ "$room" -lt "$needed" ]; then
  echo "$directory has room for $((room / 1024)) MiB, and alloy:wal promises what takes $((needed / 1024)) MiB" >&2
  echo "free that disk or give the directory a larger one, or lower alloy:wal.outageBudget or alloy:wal.load" >&2
  trap - EXIT
  exit 1
fi
unreadable() {
  [ -s "$1" ] || return 1
  [ "$(tr -d '\\11\\12\\15\\40-\\176\\200-\\377' <"$1" | wc -c)" -eq 0 ] || return 0
  if LC_ALL=C.UTF-8 grep -aqvx '.*' "$1"; then return 0; fi
  case $(head -n 1 "$1") in positions: | 'positions: {}') ;; *) return 0 ;; esac
  case $(tail -n 1 "$1") in
    '  ? path: '"'"*"'" | '    labels: '"'"*"'" | '  : '"'"*"'") return 1 ;;
    '  ? path: "'*'"' | '    labels: "'*'"' | '  : "'*'"') return 1 ;;
    '  ? path: '[\\'\\"]* | '    labels: '[\\'\\"]* | '  : '[\\'\\"]*) return 0 ;;
    positions:* | '  ? path: '* | '    labels: '* | '  : '*) return 1 ;;
  esac
}
find "$directory" -type f \\( -name positions.yml -o -name positions.acknowledged.yml \\) 2>/dev/null | while IFS= read -r file; do
  [ -r "$file" ] || chown -h 0 "$file"
  if unreadable "$file"; then
    aside=$file.unreadable-$(date -u +%Y%m%dT%H%M%SZ)
    folder=\${file%/*}
    [ -w "$folder" ] || chown -h 0 "$folder"
    mv "$file" "$aside"
    chown -h "$owner" "$folder"
    echo "$file is no file that Alloy can read: set aside as $aside, and what the kubelet still has is read again" >&2
    file=$aside
  fi
  chown -h "$owner" "$file"
done
others=$(find "$directory" ! -user ${collectorUid} -print -quit 2>/dev/null || true)
if [ "$(stat -c %u:%g "$directory")" = "$owner" ] && [ -z "$others" ]; then
  echo "$directory belongs to $owner already"
  exit 0
fi
find "$directory" -depth ! -user ${collectorUid} -exec chown -h "$owner" {} +
chown "$owner" "$directory"
echo "gave $directory to $owner"
`;

/**
 * Looks whether the storage directory has room for what the settings promise (`neededBytes`), and gives it to the collector's user. It runs as uid 0 with the one capability that this takes; the
 * group is the collector's, since without DAC_OVERRIDE a second run could not look into what the first gave away. The
 * policy pack allows this container, in exactly this shape, and no other as root. What it says when it refuses is in the
 * pod's status, which `up` shows.
 */
export function prepareStorageContainer(
  image: string,
  directory: string,
  neededBytes: number,
): k8s.types.input.core.v1.Container {
  return {
    name: names.prepareContainer,
    image,
    command: ["/bin/sh", "-c", script(Math.ceil(neededBytes / 1024)), names.prepareContainer, directory],
    terminationMessagePolicy: "FallbackToLogsOnError",
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
