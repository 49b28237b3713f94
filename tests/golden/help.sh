#!/usr/bin/env bash
# The help of every verb, word for word: what users read changes only on purpose.
#
#   tests/golden/help.sh             1 and a diff when a text differs
#   tests/golden/help.sh --update    writes the texts anew
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
muster=${MUSTER_BUILD_DIR:-$here/../../build}/muster
[ -x "$muster" ] || { echo "no $muster"; exit 77; }

bad=0
check () { # NAME ARGUMENT...
    local file=$here/help/$1.txt
    shift
    if [ "$update" = true ]; then
        "$muster" "$@" > "$file"
    elif ! diff -u "$file" <("$muster" "$@"); then
        bad=$((bad + 1))
    fi
}

update=false
[ "${1:-}" = --update ] && update=true
check muster --help
for verb in run join replay log fom new rti top state bench version record-federation pace-federation play-federate; do
    check "$verb" "$verb" --help
done
for verb in info cat export verify recover slice merge diff plot; do
    check "log-$verb" log "$verb" --help
done

# No line is wider than a small terminal.
if grep -nE '^.{81,}' "$here"/help/*.txt; then
    bad=$((bad + 1))
fi
[ $bad = 0 ]
