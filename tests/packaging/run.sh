#!/usr/bin/env bash
# Installs the build into a temporary place, moves it (nothing may remember where it was), and builds
# a consumer out of tree: by find_package, shared and static, and by pkg-config. Every public header
# also compiles alone, as C17 and, where there is a C++ compiler, as C++.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${MUSTER_BUILD_DIR:-$here/../../build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step () { # runs quietly; shows the output of what failed
    "$@" > "$work/log" 2>&1 || { echo "failed: $*"; cat "$work/log"; exit 1; }
}

# Flags of a sanitizer build go to the consumer too: it links the same runtime.
flags=
sanitize=$(sed -n 's/^MUSTER_SANITIZE:STRING=//p' "$build/CMakeCache.txt")
[ -z "$sanitize" ] || flags="-fsanitize=$sanitize"
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")

step cmake --install "$build" --prefix "$work/first"
mv "$work/first" "$work/prefix"
prefix=$work/prefix
if grep -rlF "$build" "$prefix" --include='*.cmake' --include='*.pc' --include='*.h'; then
    echo "an installed file names the build folder"
    exit 1
fi

step cmake -S "$here/consumer" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" \
     -DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS="$flags"
step cmake --build "$work/cmake"
step "$work/cmake/my_federate"
step "$work/cmake/my_federate_static"

PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name muster.pc)")
export PKG_CONFIG_PATH
libdir=$(pkg-config --variable=libdir muster)
# shellcheck disable=SC2046 # words are meant
step "$compiler" -std=c17 $flags -o "$work/by-pkg-config" "$here/consumer/consumer.c" \
     $(pkg-config --cflags --libs muster) -Wl,-rpath,"$libdir"
step "$work/by-pkg-config"

for header in "$prefix"/include/muster/*.h; do
    step "$compiler" -std=c17 -Wall -Wextra -Wpedantic -Werror -I "$prefix/include" \
         -x c -fsyntax-only "$header"
    if command -v g++ > /dev/null; then
        step g++ -std=c++17 -Wall -Wextra -Werror -I "$prefix/include" -x c++ -fsyntax-only "$header"
    fi
done

[ ! -x "$prefix/bin/muster" ] || step "$prefix/bin/muster" version
echo "installed, moved, found by CMake and pkg-config"
