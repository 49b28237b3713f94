#!/usr/bin/env bash
# The shared library shows mst_* and nothing else; and what a public header declares, it has.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source=${MUSTER_SOURCE_DIR:-$here/../..}
library=${MUSTER_BUILD_DIR:-$source/build}/libmuster.so
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

nm -D --defined-only "$library" | awk '{ print $3 }' | sed 's/@.*//' | sort -u > "$work/exported"
if grep -vE '^mst_[a-z0-9_]+$' "$work/exported" | grep -vE '^(__(asan|tsan|ubsan|sanitizer|odr)|_(init|fini))'; then
    echo "the symbols above are not mst_*: mark only the public interface with MST_EXPORT"
    exit 1
fi

# Functions: a name and an opening bracket on a line that is or follows MST_EXPORT.
cat "$source"/include/muster/*.h | awk '
    /#[ \t]*define/ { next }
    /MST_EXPORT/ { open = 1 }
    open && match($0, /mst_[a-z0-9_]+ *\(/) {
        name = substr($0, RSTART, RLENGTH); sub(/ *\($/, "", name); print name; open = 0
    }
    /;/ { open = 0 }' | sort -u > "$work/declared"
if comm -23 "$work/declared" "$work/exported" | grep .; then
    echo "the functions above are declared in include/muster/ and are not in the library"
    exit 1
fi
echo "$(wc -l < "$work/exported") symbols, all mst_*"
