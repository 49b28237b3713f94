#!/usr/bin/env bash
# A federation over two hosts, each a network namespace (and a namespace of processes, so that they take
# each other for other machines), joined by a veth pair: the scenario runs on one, a federate is started by
# hand on the other; with the address that it is seen from, with one that it advertises, and with one that
# leads nowhere, so that its messages go through the RTI.
#
# Needs root and ip; skipped (77) without.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${MUSTER_BUILD_DIR:-$here/../../build}
muster=$build/muster
[ -x "$muster" ] || { echo "no $muster"; exit 77; }
command -v ip > /dev/null && command -v unshare > /dev/null || { echo "skipped: no ip, or no unshare"; exit 77; }
a=muster-a-$$ b=muster-b-$$
work=$(mktemp -d)
runner=
cleanup () {
    [ -z "$runner" ] || kill "$runner" 2> /dev/null || true
    ip netns del "$a" 2> /dev/null || true
    ip netns del "$b" 2> /dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
ip netns add "$a" 2> /dev/null && ip netns add "$b" 2> /dev/null &&
    ip link add "va$$" netns "$a" type veth peer name "vb$$" netns "$b" 2> /dev/null ||
    { echo "skipped: no network namespaces here"; exit 77; }
ip -n "$a" addr add 10.99.0.1/24 dev "va$$"
ip -n "$b" addr add 10.99.0.2/24 dev "vb$$"
for side in "$a va$$" "$b vb$$"; do
    # shellcheck disable=SC2086
    set -- $side
    ip -n "$1" link set lo up
    ip -n "$1" link set "$2" up
done
on () { # HOST COMMAND...: in the background it is the process itself
    local host=$1
    shift
    exec ip netns exec "$host" unshare --pid --fork --kill-child --mount-proc "$@"
}

cat > "$work/scenario.json" << EOF
{ "muster": 1, "name": "far", "fom": ["$here/ball.xml"], "start_limit": "60 s",
  "time": { "unit": "1 s", "end": "40 s", "step": "1 s" }, "listen": "tcp://10.99.0.1:15000",
  "federates": [ { "name": "near", "run": ["$build/tests/prog_stepper", "40"] },
                 { "name": "far", "remote": true, "run": ["$build/tests/prog_stepper", "40"] } ],
  "expect": { "steps": 40 } }
EOF

digest=
try () { # WHAT [VARIABLE=VALUE]...
    local what=$1
    shift
    rm -rf "$work/out" "$work/errors"
    mkfifo "$work/errors"
    (on "$a" "$muster" run --quiet --json --output "$work/out" "$work/scenario.json" > "$work/summary" 2> "$work/errors") &
    runner=$!
    exec 3< "$work/errors"
    local script=
    while read -r line <&3; do # comes when the script is written
        case $line in *'ssh HOST'*) script=${line##*< }; break ;; esac
    done
    [ -n "$script" ] || { echo "$what: the runner does not say how to start \"far\""; exit 1; }
    (on "$b" env "$@" sh "$script") > "$work/far.txt" 2>&1 ||
        { echo "$what: the federate failed:"; cat "$work/far.txt"; exit 1; }
    wait "$runner" || { echo "$what: the run failed:"; cat <&3 "$work/summary"; exit 1; }
    runner=
    exec 3<&-
    local now
    now=$(grep -oE '"federate":"[a-z]+","name":"digest","value":"[0-9a-f]+"' "$work/summary" | sort | sed 's/.*:"//; s/"//' |
        tr '\n' ' ')
    [ -n "$now" ] && [ "${digest:-$now}" = "$now" ] || { echo "$what: digest $now, not $digest"; exit 1; }
    digest=$now
    echo "$what: good, $now"
}

try "the address that it is seen from"
try "an address that it advertises" MUSTER_ADVERTISE=10.99.0.2
try "an address that leads nowhere: by the RTI" MUSTER_ADVERTISE=192.0.2.1
try "by the RTI from the start" MUSTER_ROUTE=rti
