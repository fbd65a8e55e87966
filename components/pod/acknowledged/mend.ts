/**
 * Repairs what a broken connection to the API server costs, as functions of bash: `mend BROKEN MADE OPEN` for each second.
 *
 * Alloy 1.18.1 goes on from the moment of its last error and skips the lines before it (docs/decisions/0067-…). The
 * positions that are known are from before the break, so a collector that starts anew from them loses nothing. Its own
 * counters show the break: connections of loki.source.kubernetes that ended or failed. From that moment on no newer
 * positions are taken. Once a connection was made again, and none has broken for some seconds, Alloy is told to end, and
 * the kubelet starts it again in the same pod. The seconds are drawn by lot, so that not all nodes end together. A
 * connection that the API server ends in good order looks the same; that costs lines twice, and none. All logs come by one connection (HTTP/2); where a proxy allows HTTP/1 only there is one
 * for each container, which ends whenever a container does, and nothing is concluded from that.
 *
 * At its beginning Alloy makes several connections at once and keeps one of them: nothing counts as a break before the
 * counters have stood still for five looks.
 *
 * Once in ten minutes: so long a container has to run for the kubelet to start it again at once, and an API server that
 * comes and goes makes no storm of restarts. What breaks sooner is said, and its lines are not read again.
 */
export const mending: string = `last_broken= last_made=0 last_open=0 quiet=0 torn=no seen= steady=0

mend() {
  action=none
  if [ -z "$last_broken" ]; then
    if [ "$*" = "$seen" ] && [ "$3" -gt 0 ]; then steady=$((steady + 1)); else seen=$* steady=0; fi
    [ $steady -lt 5 ] || last_broken=$1 last_made=$2 last_open=$3
  elif [ "$1" -lt "$last_broken" ]; then
    last_broken= seen= steady=0 torn=no
  elif [ "$1" -gt "$last_broken" ] && [ "$last_open" -le 2 ]; then
    last_broken=$1 torn=yes quiet=$((5 + RANDOM % 25))
    action=freeze
  elif [ $torn = no ]; then
    last_broken=$1 last_made=$2 last_open=$3
  elif [ "$2" -gt "$last_made" ]; then
    quiet=$((quiet - 1))
    [ $quiet -gt 0 ] || action=restart torn=no last_made=$2 last_open=$3
  fi
}

restart() {
  local mark=$storage/delivery.restarted last
  last=$(stat -c %Y "$mark" 2>/dev/null || echo 0)
  if [ $(($(date +%s) - last)) -lt 600 ] || ! touch "$mark" 2>/dev/null; then
    say "the connection to the API server broke again within 10 minutes: what was written in between is not read again"
  else
    say "the connection to the API server was broken: starts again from the positions before that"
    kill -TERM "$alloy"
  fi
}
`;
