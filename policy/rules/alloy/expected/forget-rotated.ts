import type { Settings } from "../../../../settings/schema";
import type { Shape } from "../../../shape";
import { unprivileged } from "./labels";

/**
 * A position of a log that was rotated meanwhile becomes 0: it is shorter than its position, or has a rotated file that
 * is younger than the saved positions, less half a minute. Letter by letter: the container can write the positions.
 */
const script = [
  "set -u",
  'if ! [ -r "$2" ] || ! [ -x "$2" ]; then',
  '  echo "$2 of this node may not be read by user $(id -u) of the groups $(id -G)" >&2',
  '  echo "write kubernetes in alloy:logs.source; docs/log-files.md says which nodes do not let it" >&2',
  "  exit 1",
  "fi",
  "positions=$1/loki.source.file.pods/positions.yml",
  "new=$positions.new",
  "mark=$positions.mark",
  "changed=",
  '[ -s "$positions" ] || exit 0',
  "umask 077",
  "replaced() {",
  '  file=$(readlink -e "$1") || return 1',
  '  [ "$(stat -c %s "$file")" -ge "$2" ] || return 0',
  '  [ -n "$(find "${file%/*}" "$file.1" -name "${file##*/}.*" -newercm "$mark" -print -quit 2>/dev/null)" ]',
  "}",
  "rewrite() {",
  "  path=",
  '  while IFS= read -r line || [ -n "$line" ]; do',
  "    case $line in",
  "      '  ? path: '*) path=${line#'  ? path: '} ;;",
  `      '  : "'*[0-9]'"')`,
  `        offset=\${line#'  : "'}`,
  `        offset=\${offset%'"'}`,
  '        if replaced "$path" "$offset"; then',
  '          echo "$path was rotated while no collector ran: it is read from its beginning, and the rest of the old file is not" >&2',
  `          line='  : "0"'`,
  "          changed=yes",
  "        fi",
  "        ;;",
  "    esac",
  String.raw`    printf '%s\n' "$line" || return 1`,
  '  done <"$positions" >"$new"',
  "}",
  'if touch -d "@$(($(stat -c %Y "$positions") - 30))" "$mark" && rewrite && { [ -z "$changed" ] || mv "$new" "$positions"; }; then',
  '  echo "looked for logs that were rotated while no collector ran"',
  "else",
  '  echo "$positions could not be rewritten and stays as it is" >&2',
  "fi",
  'rm -f "$mark" "$new"',
  "",
].join("\n");

/** The init container of a stack that reads files. Source: docs/log-files.md, "Rotated files" */
export function expectedForgetRotated({ image, wal }: Settings, logs: readonly Shape[]): Shape {
  return {
    name: "forget-rotated",
    image,
    command: ["/bin/sh", "-c", script, "forget-rotated", wal.path, "/var/log/pods"],
    terminationMessagePolicy: "FallbackToLogsOnError",
    resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "100m", memory: "64Mi" } },
    securityContext: unprivileged,
    volumeMounts: [{ name: "storage", mountPath: wal.path }, ...logs],
  };
}
