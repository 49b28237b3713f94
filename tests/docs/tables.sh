#!/usr/bin/env bash
# The tables of the manual that must agree with the code.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export MUSTER_SOURCE_DIR=${MUSTER_SOURCE_DIR:-$(cd "$here/../.." && pwd)}
command -v node > /dev/null || { echo "no node"; exit 77; }
exec node "$here/tables.mjs"
