#!/usr/bin/env bash
# The MCAP project's own library reads what Muster writes: the samples that the fuzzer starts from
# are recordings of every compression, one packed in haste, and one whose writer was killed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
samples=$here/../fuzz/corpus/log_reader
cd "$here"

command -v npm > /dev/null || { echo "skipped: npm is not installed"; exit 77; }
[ -d node_modules/@mcap/core ] || npm ci --no-audit --no-fund > /dev/null 2>&1 \
    || { echo "skipped: npm cannot fetch the packages of package-lock.json"; exit 77; }

node read-mcap.mjs "$samples/one_message" --messages 1
for compression in zstd lz4 plain; do
    node read-mcap.mjs "$samples/sample_$compression" --messages 12
done
node read-mcap.mjs "$samples/sample_hasty" --messages 63
node read-mcap.mjs "$samples/cut_in_chunk" --messages 3 --cut

# And it is really looked at: a wrong count, and a changed byte, are told.
if node read-mcap.mjs "$samples/one_message" --messages 2 2> /dev/null; then
    echo "a wrong count went unnoticed"
    exit 1
fi
changed=$(mktemp)
trap 'rm -f "$changed"' EXIT
{ head -c 300 "$samples/one_message"; printf '\377'; tail -c +302 "$samples/one_message"; } > "$changed"
if node read-mcap.mjs "$changed" --messages 1 2> /dev/null; then
    echo "a changed byte went unnoticed"
    exit 1
fi
