#!/usr/bin/env bash
# Runs every block of the README and the manual (docs/pages.md says how a block says what it is).
#
#   tests/docs/blocks.sh [PAGE]...    all pages, or these ("docs/errors.md")
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export MUSTER_SOURCE_DIR=${MUSTER_SOURCE_DIR:-$(cd "$here/../.." && pwd)}
export MUSTER_BUILD_DIR=${MUSTER_BUILD_DIR:-$MUSTER_SOURCE_DIR/build}
[ -x "$MUSTER_BUILD_DIR/muster" ] || { echo "no $MUSTER_BUILD_DIR/muster"; exit 77; }
command -v node > /dev/null || { echo "no node"; exit 77; }
exec node "$here/blocks.mjs" "$@"
