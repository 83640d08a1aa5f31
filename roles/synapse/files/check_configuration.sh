#!/bin/sh
# check_configuration.sh STAGED PYTHON DIRECTORY
# Lets the installed Synapse read the staged configuration of every process; what it says is the error.
set -eu
staged=$1 python=$2 directory=$3
[ -x "$python" ] || exit 0
cd "$staged$directory"
find . -name '*.yaml' -exec sed -i "s#$directory/#$staged$directory/#" {} +
"$python" -m synapse.config read server_name --config-path homeserver.yaml
find workers -name '*.yaml' | while read -r worker; do
  "$python" -m synapse.config read server_name --config-path homeserver.yaml --config-path "$worker"
done
