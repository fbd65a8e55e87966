/**
 * What a collector starts from, as functions of bash: `start_from FOLDER` for each source's folder.
 *
 * positions.acknowledged.yml is what Alloy wrote when it had read no line that was not answered for later. It takes the
 * place of the newer file, whose lines may have been lost with the collector. Both are hard links: Alloy never writes
 * into its file, it renames a new one, so that a link is a copy that is whole at once, needs no room on the disk and
 * cannot be half-written.
 *
 * Where nothing is known yet, what Alloy starts from becomes what is known: the file that is there, or no position at
 * all. A collector that then ends at once starts from the same. One day is longer than any outage for which lines are
 * still to be had; a file that is older is of an earlier time in which delivery was at-least-once.
 */
export const startFrom: string = `say() { echo "delivery: $*" >&2; }

start_from() {
  local now=$1/positions.yml known=$1/positions.acknowledged.yml
  mkdir -m 750 -p "$1"
  rm -f "$1/positions.candidate.yml"
  if [ ! -s "$known" ]; then
    if [ -s "$now" ]; then
      say "$known is not there yet: starts from what Alloy wrote last"
      ln -f "$now" "$known"
    else
      (umask 077 && echo 'positions: {}' >"$known.new") && mv -f "$known.new" "$known"
    fi
  elif [ "$now" -ef "$known" ]; then
    return 0
  elif [ -s "$now" ] && [ $(($(stat -c %Y "$now") - $(stat -c %Y "$known"))) -gt 86400 ]; then
    say "$known is more than a day older than what Alloy wrote last: starts from that"
    ln -f "$now" "$known"
  else
    ln -f "$known" "$now.new" && mv -f "$now.new" "$now"
  fi || say "$1 cannot be written: starts from what Alloy wrote last"
}
`;
