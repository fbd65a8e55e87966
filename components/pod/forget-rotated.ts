import type * as k8s from "@pulumi/kubernetes";

import type { PipelineNeeds } from "../../pipeline/needs";
import { names } from "../../settings/names";
import { unprivileged } from "./container-security";

// Alloy knows a file by its path, and a position is a number of bytes. If a log is rotated while no collector runs, the
// new file has the old one's path: Alloy would begin in its middle, or at its end if it is shorter, and say nothing
// (measured with 1.18.1: 50 of 55 lines, and 55 of 245). So such a position becomes 0. A log was rotated if it is shorter
// than its position, or if a file with its name and more has been made or renamed since the positions were saved. Alloy
// saves them every 10 s and takes a file's position as often: half a minute in front of it is looked at as well, which
// can send the beginning of a new file twice. What cannot be read or written stays as Alloy wrote it.
//
// A directory that may not be listed looks to Alloy like one without files: it would read nothing and say nothing.
const script = `set -u
if ! [ -r "$2" ] || ! [ -x "$2" ]; then
  echo "$2 of this node may not be read by user $(id -u) of the groups $(id -G)" >&2
  echo "write kubernetes in alloy:logs.source; docs/log-files.md says which nodes do not let it" >&2
  exit 1
fi
positions=$1/loki.source.file.pods/positions.yml
new=$positions.new
mark=$positions.mark
changed=
[ -s "$positions" ] || exit 0
umask 077
replaced() {
  file=$(readlink -e "$1") || return 1
  [ "$(stat -c %s "$file")" -ge "$2" ] || return 0
  [ -n "$(find "\${file%/*}" "$file.1" -name "\${file##*/}.*" -newercm "$mark" -print -quit 2>/dev/null)" ]
}
rewrite() {
  path=
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      '  ? path: '*) path=\${line#'  ? path: '} ;;
      '  : "'*[0-9]'"')
        offset=\${line#'  : "'}
        offset=\${offset%'"'}
        if replaced "$path" "$offset"; then
          echo "$path was rotated while no collector ran: it is read from its beginning, and the rest of the old file is not" >&2
          line='  : "0"'
          changed=yes
        fi
        ;;
    esac
    printf '%s\\n' "$line" || return 1
  done <"$positions" >"$new"
}
if touch -d "@$(($(stat -c %Y "$positions") - 30))" "$mark" && rewrite && { [ -z "$changed" ] || mv "$new" "$positions"; }; then
  echo "looked for logs that were rotated while no collector ran"
else
  echo "$positions could not be rewritten and stays as it is" >&2
fi
rm -f "$mark" "$new"
`;

/**
 * Refuses a node that does not let the collectors list the logs, and sets positions of logs that were rotated while no
 * collector ran to their beginning. It is the collector's user and has
 * the collector's view of the logs: read-only, and no capability.
 */
export function forgetRotatedContainer(
  image: string,
  directory: string,
  logs: readonly { name: string; mountPath: string; readOnly: true }[],
): k8s.types.input.core.v1.Container {
  return {
    name: names.forgetContainer,
    image,
    command: ["/bin/sh", "-c", script, names.forgetContainer, directory, podLogs],
    terminationMessagePolicy: "FallbackToLogsOnError",
    resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "100m", memory: "64Mi" } },
    securityContext: unprivileged,
    volumeMounts: [{ name: "storage", mountPath: directory }, ...logs],
  };
}

/** Where the kubelet keeps the containers' logs. */
const podLogs = "/var/log/pods";

/** Whether the pipeline reads logs that somebody rotates. The journal's files are no such logs. */
export const readsRotatedLogs = ({ readPaths }: PipelineNeeds): boolean =>
  readPaths.some(({ path }) => path === podLogs);
