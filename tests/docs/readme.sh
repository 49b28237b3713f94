#!/usr/bin/env bash
# The README's federate is samples/hello/hello.c to the letter and compiles as it stands, with warnings as
# errors and the public headers only; every page and script that the README names is there.
set -euo pipefail
root=${MUSTER_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk '/^```c$/ { inside = 1; next } /^```$/ && inside { exit } inside' "$root/README.md" > "$work/first.c"
cmp "$work/first.c" "$root/samples/hello/hello.c" || {
    echo "README.md: the first block of C differs from samples/hello/hello.c"
    exit 1
}
"${CC:-cc}" -std=c17 -Wall -Wextra -Wpedantic -Werror -I "$root/include" -c "$work/first.c" -o "$work/first.o"

missing=0
for path in $(grep -oE '(docs|script|samples)/[A-Za-z0-9_./-]*[A-Za-z0-9_]' "$root/README.md" | sort -u); do
    [ -e "$root/$path" ] || { echo "README.md names $path, which is not there"; missing=1; }
done
exit $missing
