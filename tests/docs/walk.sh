#!/usr/bin/env bash
# docs/walk/update.md names a file and a function at each step: each function is defined in that file.
set -euo pipefail
root=${MUSTER_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
steps=0
missing=0
while read -r file function; do
    steps=$((steps + 1))
    grep -qE "^[a-z].*[ *]$function \(" "$root/$file" 2>/dev/null ||
        { echo "docs/walk/update.md: $file does not define $function"; missing=1; }
done < <(sed -nE 's/^\| [0-9]+ \| `([^`]+)`: `([^`]+)`.*/\1 \2/p' "$root/docs/walk/update.md")
[ "$steps" -ge 10 ] || { echo "docs/walk/update.md: only $steps steps were found"; missing=1; }
exit $missing
