#!/usr/bin/env bash
# Instructions per update sent and received, per step, and per change of replicated state, counted by
# callgrind: they repeat where times do not. A rise of more than 5 % fails; a fall only asks for new figures.
#
#   tests/golden/hot_paths.sh             compares with hot_paths.txt
#   tests/golden/hot_paths.sh --update    writes hot_paths.txt anew
#
# The figures hold for one compiler and the default kind of build; elsewhere the test is skipped.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${MUSTER_BUILD_DIR:-$here/../../build}
program=$build/tests/prog_hot_paths
state=$build/tests/prog_hot_state
golden=$here/hot_paths.txt
updates=20000
steps=1000
changes=100000

skip () { echo "skipped: $1"; exit 77; }
cached () { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }

[ -x "$program" ] && [ -x "$state" ] || skip "no $program or $state"
command -v valgrind > /dev/null || skip "valgrind is not installed"
[ -z "$(cached MUSTER_SANITIZE)" ] || skip "a sanitizer's instructions are not counted"
case $(cached CMAKE_BUILD_TYPE) in '' | RelWithDebInfo) ;; *) skip "not the default kind of build" ;; esac
cc=$(cached CMAKE_C_COMPILER)
family=gcc
if "$cc" --version | grep -q clang; then family=clang; fi
compiler="$(uname -m) $family $("$cc" -dumpversion)"

count () { # FUNCTION UNITS PROGRAM ARGUMENT...
    local function=$1 units=$2 collected
    shift 2
    collected=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="$function" \
        "$@" 2>&1 > /dev/null | sed -n 's/.*Collected : *\([0-9]*\).*/\1/p')
    [ -n "$collected" ] || { echo "callgrind counted nothing in $function" >&2; exit 1; }
    echo $((collected / units))
}

measured=$(
    echo "compiler: $compiler"
    echo "update_128_sent $(count hot_send $updates "$program" updates $updates 128)"
    echo "update_128_received $(count hot_receive $updates "$program" updates $updates 128)"
    echo "timed_128_sent $(count hot_send $updates "$program" timed $updates 128)"
    echo "timed_128_received $(count hot_receive $updates "$program" timed $updates 128)"
    echo "step_of_two $(count hot_step $steps "$program" steps $steps)"
    echo "state_set_add $(count hot_set_add $changes "$state" $changes)"
    echo "state_register_set $(count hot_register_set $changes "$state" $changes)"
    echo "state_map_set $(count hot_map_set $changes "$state" $changes)"
)
if [ "${1:-}" = --update ]; then
    echo "$measured" > "$golden"
    exit 0
fi

grep -qxF "compiler: $compiler" "$golden" || skip "the figures are of $(sed -n 's/^compiler: //p' "$golden")"
awk 'NR == FNR { kept[$1] = $2; next }
     $1 == "compiler:" { next }
     !($1 in kept) { print $1 ": not in the kept figures"; bad = 1; next }
     { change = ($2 / kept[$1] - 1) * 100
       printf "%-20s %6d instructions, kept %6d, %+.1f %%\n", $1, $2, kept[$1], change
       if (change > 5) { print "    more than 5 % above: find out why, or --update with a reason"; bad = 1 }
       if (change < -5) print "    more than 5 % below: keep the new figure with --update" }
     END { exit bad }' "$golden" <(echo "$measured")
