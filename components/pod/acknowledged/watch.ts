import { lastStep } from "../../../pipeline/last-step";

/**
 * Which copy of the positions is answered for, as functions of bash.
 *
 * `take` links what Alloy wrote as a candidate. `step HANDED ANSWERED` then goes two times through the same wait: what
 * had been handed to loki.write is answered for (sent, or finally dropped), in the order in which it was handed over.
 * The first time shows that nothing holds the lines up any more that were read and not handed over when the candidate
 * was taken: each of the steps, and each container's reader, may hold one, and an outage holds them for as long as it
 * lasts. They fit into the queue that is empty by then: it takes 10 MiB, and a line of a container has 16 KiB at most.
 * After the second time these are answered for as well. Where a step may keep a line back by itself, it waits so long
 * after the first time, and goes through it once more.
 *
 * The counters are those of Alloy's own /metrics; the image has neither curl nor wget, so bash opens the connection.
 * They are read behind the link, never before. Counters that went back are another process's: the candidate is dropped.
 * What cannot be read, linked or synced leaves everything as it is, and is said once.
 */
export const watching: string = `phase=none mark=0 left=0 last_handed=0 last_answered=0 silent=0 looks=0 complaint=

complain() {
  [ "$1" = "$complaint" ] || say "$1"
  complaint=$1
}

take() {
  local folder found=1
  for folder in "\${folders[@]}"; do
    [ -s "$folder/positions.yml" ] || continue
    [ "$folder/positions.yml" -ef "$folder/positions.acknowledged.yml" ] && continue
    if ln -f "$folder/positions.yml" "$folder/positions.candidate.yml" 2>/dev/null; then
      found=0
    else
      complain "$folder cannot be written: its positions stay as they were answered for"
    fi
  done
  return $found
}

drop() {
  local folder
  for folder in "\${folders[@]}"; do rm -f "$folder/positions.candidate.yml"; done
  phase=none
}

promote() {
  local folder
  for folder in "\${folders[@]}"; do
    [ -e "$folder/positions.candidate.yml" ] || continue
    {
      sync "$folder/positions.candidate.yml" &&
        mv -f "$folder/positions.candidate.yml" "$folder/positions.acknowledged.yml"
    } 2>/dev/null || {
      complain "$folder cannot be written: its positions stay as they were answered for"
      return 1
    }
  done
  complaint=
}

step() {
  next=wait
  if [ "$1" -lt "$last_handed" ] || [ "$2" -lt "$last_answered" ]; then
    next=drop
  else
    case $phase in
      taken) mark=$1 phase=first left=$held ;;
      first) [ "$2" -lt "$mark" ] || phase=between ;;
      between)
        case $left in
          0) mark=$1 phase=last ;;
          1) mark=$1 phase=first left=0 ;;
          *) left=$((left - 1)) ;;
        esac
        ;;
      last) [ "$2" -lt "$mark" ] || next=promote ;;
    esac
  fi
  last_handed=$1 last_answered=$2
}

counters() {
  read -r handed answered broken made open < <(
    exec 2>/dev/null 3<>/dev/tcp/127.0.0.1/$port && printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3 && timeout 10 awk '
      /^loki_relabel_entries_written[{].*component_id="${lastStep}"/ { handed += $NF; known = 1 }
      /^loki_write_(sent|dropped)_entries_total[{].*component_id="loki.write.default"/ { answered += $NF }
      !/^net_conntrack_dialer_conn_.*dialer_name="component.common.kubernetes"/ { next }
      /_established_total/ { made += $NF }
      /_failed_total/ { broken += $NF }
      /_closed_total/ { broken += $NF; closed += $NF }
      END { if (known) printf "%.0f %.0f %.0f %.0f %.0f\\n", handed, answered, broken, made, made - closed }' <&3
  ) && [ -n "$open" ]
}

look() {
  looks=$((looks + 1))
  if [ $phase = none ] && [ $torn = no ]; then
    if take; then phase=taken; elif [ -n "$last_broken" ] || [ $looks -gt 120 ]; then return 0; fi
  fi
  if counters; then
    silent=0
    mend "$broken" "$made" "$open"
    case $action in
      freeze) drop ;;
      restart) restart ;;
    esac
    step "$handed" "$answered"
  else
    next=wait silent=$((silent + 1))
    [ $silent -ne 60 ] || complain "Alloy's counters cannot be read: its positions stay as they were answered for"
  fi
  case $next in
    drop) drop ;;
    promote) promote && drop ;;
  esac
}
`;
