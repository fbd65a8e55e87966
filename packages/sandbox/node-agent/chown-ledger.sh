#!/bin/sh
# Stands for chown where the sandbox runs as an ordinary user: in a user namespace with a single uid a folder cannot be
# given away. What was asked is written down, and the node agent mounts the folder writable for that owner only.
while [ "${1#-}" != "$1" ]; do shift; done
if [ $# -lt 2 ]; then
  echo "chown: missing operand" >&2
  exit 1
fi
owner=$1
shift
for file in "$@"; do
  if [ ! -e "$file" ]; then
    echo "chown: cannot access '$file': No such file or directory" >&2
    exit 1
  fi
  echo "$owner $file" >>/.sandbox/ownership || exit 1
done
