#!/usr/bin/env bash
# What `muster new` writes builds out of tree against the build tree, and runs; nothing is written over.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${MUSTER_BUILD_DIR:-$here/../../build}
[ -x "$build/muster" ] || { echo "no $build/muster"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$build/muster" new first-ball | grep -q 'first-ball/first-ball.c'
before=$(cat first-ball/* | cksum)
code=0; "$build/muster" new first-ball 2> said || code=$?
[ $code = 1 ] && grep -q 'first-ball exists already' said
[ "$(cat first-ball/* | cksum)" = "$before" ]
code=0; "$build/muster" new ../elsewhere 2> said || code=$?
[ $code = 2 ] && grep -q 'is no name for a federate' said
code=0; "$build/muster" new 2> said || code=$?
[ $code = 2 ] && [ ! -e ../elsewhere ]

flags='-Wall -Wextra -Wpedantic -Wconversion -Werror'
case ${MUSTER_SANITIZE:-$(sed -n 's/^MUSTER_SANITIZE:STRING=//p' "$build/CMakeCache.txt")} in
    ?*) flags="$flags -fsanitize=$(sed -n 's/^MUSTER_SANITIZE:STRING=//p' "$build/CMakeCache.txt")" ;;
esac
cmake -S first-ball -B first-ball/build -Dmuster_DIR="$build" -DCMAKE_C_FLAGS="$flags" > log 2>&1 ||
    { cat log; exit 1; }
cmake --build first-ball/build > log 2>&1 || { cat log; exit 1; }
"$build/muster" fom check first-ball/first-ball.xml
"$build/muster" run --quiet --no-record first-ball/scenario.json > out 2>&1 || { cat out; exit 1; }
grep -q 'federates: 2 (first-ball-1, first-ball-2)' out
grep -q '^thrown: 1' out
