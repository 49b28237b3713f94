#!/usr/bin/env bash
# The check of the floors finds what it should: one house with one breach of each rule.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
house=$(mktemp -d)
trap 'rm -rf "$house"' EXIT
failed=0

# expect WORDS FILE LINE: a house with this one file in it is refused with these words.
expect () {
    mkdir -p "$house/base" "$house/$(dirname "$2")"
    echo '#include "base/error.h"' > "$house/base/error.c"
    printf '%s\n' "$3" > "$house/$2"
    if "$here/check.sh" "$house" > "$house/out" 2>&1; then
        echo "not noticed: $2: $3"; failed=1
    elif ! grep -qF -- "$1" "$house/out"; then
        echo "other words for $2: $3"; cat "$house/out"; failed=1
    fi
    find "$house" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
}

# accept FILE LINE: this is no breach.
accept () {
    mkdir -p "$house/$(dirname "$1")"
    printf '%s\n' "$2" > "$house/$1"
    "$here/check.sh" "$house" > "$house/out" 2>&1 || { echo "refused: $1: $2"; cat "$house/out"; failed=1; }
    find "$house" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
}

expect "base/ includes wire/frame.h"       base/x.c           '#include "wire/frame.h"'
expect "timemgmt/ includes partition/"     timemgmt/x.c       '#include "partition/octree.h"'
expect "federate/ includes rti/rti.h"      federate/x.c       '#include "rti/rti.h"'
expect "rti/ includes federate/"           rti/x.h            '#include "federate/x.h"'
expect "rti/core/ includes link/"          rti/core/x.c       '#include "link/loop.h"'
expect "federate/core/ includes federate/" federate/core/x.c  '#include "federate/x.h"'
expect "only link/ includes czmq.h"        federate/x.c       '#include <czmq.h>'
expect "only link/ includes zmq.h"         tests/unit/x.c     '#include <zmq.h>'
expect "fom/ is pure"                      fom/x.c            '#include <time.h>'
expect "rti/core/ is pure"                 rti/core/x.c       '#include <sys/socket.h>'
expect "not from base/random.h"            partition/x.c      '#include "base/random.h"'
expect "tools/ includes rti/"              tools/x.c          '#include "rti/rti.h"'
expect "a sample includes base/error.h"    samples/a/x.c      '#include "base/error.h"'
expect "a public header includes"          include/muster/x.h '#include "base/error.h"'
expect "names no folder"                   wire/x.c           '#include "frame.h"'
expect "only caller of malloc"             wire/x.c           'void *x = malloc (1);'
expect "not a folder of the house"         attic/x.c          'int x;'

accept wire/x.c           '#include "base/error.h"'
accept link/x.c           '#include <zmq.h>'
accept bench/x.c          '#include <czmq.h>'
accept tests/unit/x.c     '#include "rti/core/x.h"'
accept samples/a/x.c      '#include "y.h"'
accept rti/x.c            '#include "rti/core/x.h"'
accept wire/x.c           '/* what malloc (3) does */ void *x = base_alloc (1);'

[ $failed = 0 ] && echo "the check finds each kind of breach"
exit $failed
