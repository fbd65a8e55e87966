import type { Acknowledged } from "../../../pipeline/acknowledged";
import { mending } from "./mend";
import { startFrom } from "./start-from";
import { watching } from "./watch";

/** Everything that is defined, for whoever calls it: the pod, and the tests. */
export const functions: string = `${startFrom}\n${mending}\n${watching}`;

// Where Alloy listens is in its own arguments. The watcher is a child of the process that becomes Alloy: it ends with the container, whatever ends that, and is
// there from the first moment of each container, a restarted one's, too. If it dies, its parent makes another one.
const main = `storage=$1 held=$2 alloy=$BASHPID
shift 2
folders=()
while [ "$1" != -- ]; do
  folders+=("$storage/$1")
  shift
done
shift
for argument in "$@"; do
  case $argument in --server.http.listen-addr=*) port=\${argument##*:} ;; esac
done
for folder in "\${folders[@]}"; do start_from "$folder"; done
(
  while :; do
    (
      drop
      while sleep 1; do look; done
    )
    say "the watcher ended: another one begins"
    sleep 5
  done
) &
exec /bin/alloy "$@"
`;

/** The text that runs in front of Alloy and beside it. */
export const script: string = `${functions}\n${main}`;

/**
 * The command of a collector that starts from positions that are answered for; the container's own arguments follow.
 * It is one process more in the collector's container and no container of its own: docs/decisions/0092-at-least-once.md.
 */
export function acknowledgingCommand(storage: string, { sources, heldSeconds }: Acknowledged): string[] {
  return ["/bin/bash", "-c", script, "delivery", storage, String(heldSeconds), ...sources, "--"];
}
