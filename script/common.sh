# shellcheck shell=bash
# Shared by the scripts: the root as working folder, and building one preset. Sourced, not run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs=${MUSTER_JOBS:-$(nproc)}

# build PRESET FOLDER [-D...]: configures and builds; quiet unless it fails.
build () {
    local preset=$1 folder=$2 log=$2/build.log
    shift 2
    mkdir -p "$folder"
    if ! { cmake --preset "$preset" "$@" && cmake --build "$folder" -j "$jobs" -- -k 0; } \
         > "$log" 2>&1; then
        grep -E -A 4 'error:|CMake Error|undefined reference' "$log" | head -100 >&2 || true
        echo "the build failed; all of it: $log" >&2
        return 1
    fi
}
