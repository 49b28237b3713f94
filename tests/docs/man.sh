#!/usr/bin/env bash
# Every command's page makes a man page that man's own formatter takes without a warning, and whose
# name, synopsis and options are there.
set -euo pipefail
root=${MUSTER_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v groff > /dev/null || { echo "no groff"; exit 77; }

bad=0
for page in "$root"/docs/commands/*.md; do
    verb=$(basename "$page" .md)
    awk -v version=0 -f "$root/cmake/man.awk" "$root/docs/commands.md" "$page" > "$work/page.1"
    groff -k -man -rLL=200n -Tutf8 -P -cbou -ww "$work/page.1" > "$work/text" 2> "$work/said" || true
    [ ! -s "$work/said" ] || { echo "docs/commands/$verb.md: $(head -3 "$work/said")"; bad=1; }
    grep -qE "muster-$verb - [a-z]" "$work/text" ||
        { echo "docs/commands.md: says nothing about $verb"; bad=1; }
    for part in $(grep -oE '^\| `--?[a-z-]+' "$page" | sed 's/^| `//'); do
        grep -qE -- "$part" <(sed 's/−/-/g; s/‐/-/g' "$work/text") ||
            { echo "docs/commands/$verb.md: the man page lacks $part"; bad=1; }
    done
done
exit $bad
