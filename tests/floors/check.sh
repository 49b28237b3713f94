#!/usr/bin/env bash
# The house stands: a file includes its own folder and lower floors, nothing else. The table is the
# house of docs/architecture.md; a folder that is not in it is an error.
#
#   tests/floors/check.sh [ROOT]      1 and one line per breach, 0 when there is none
set -euo pipefail
root=${1:-${MUSTER_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}}
cd "$root"

# folder        may include, beside itself ("*": anything)               kind
table='
include/muster  -                                                         public
base            -                                                         shell
wire            base                                                      pure
timemgmt        wire base                                                 pure
partition       wire base                                                 pure
state           wire base                                                 pure
fom             wire base                                                 pure
log             wire base                                                 pure
link            fom log timemgmt partition state wire base                zeromq
federate/core   fom log timemgmt partition state wire base                pure
federate        federate/core link fom log timemgmt partition state wire base  shell
rti/core        fom log timemgmt partition state wire base                pure
rti             rti/core link fom log timemgmt partition state wire base  shell
tools           link log fom base                                            shell
cli             tools rti link log fom base                               shell
samples         -                                                         sample
bench           *                                                         free
tests           *                                                         free
'
# pure    no clock, thread, socket, file, environment or random source comes in
# zeromq  the only folder of the house that sees zmq.h and czmq.h
# public, sample   <muster/...> only (a sample also its own folder)
# free    whatever it needs: benchmarks and tests look everywhere

impure='^(time|unistd|pthread|threads|poll|fcntl|signal|netdb|sched|sys/.*|arpa/.*|netinet/.*)\.h$'
zeromq='^c?zmq[a-z_]*\.h$'

folders=$(awk 'NF { print $1 }' <<<"$table")
mapfile -t unknown < <(find . -mindepth 2 -name '*.[ch]' -not -path './build*' -not -path './.*' |
                       cut -d/ -f2 | sort -u | grep -vxF "$(cut -d/ -f1 <<<"$folders" | sort -u)" || true)
for folder in "${unknown[@]}"; do
    echo "$folder/: not a folder of the house; give it a floor in tests/floors/check.sh"
done

mapfile -t files < <(for folder in $(cut -d/ -f1 <<<"$folders" | sort -u); do
                         [ -d "$folder" ] && find "$folder" -name '*.[ch]' -o -name '*.inc'
                     done | sort)
[ ${#files[@]} -gt 0 ] || { echo "no C files under $root"; exit 1; }

breaches=$(awk -v table="$table" -v impure="$impure" -v zeromq="$zeromq" '
    # The longest folder of the table that the path lies in.
    function folder_of(path,    best, name) {
        best = ""
        for (name in kind)
            if (index(path, name "/") == 1 && length(name) > length(best))
                best = name
        return best
    }
    function breach(words) { print FILENAME ":" FNR ": " words }

    # The code of a line without its comments; in_comment carries over lines.
    function code_of(line,    out, at) {
        out = ""
        while (line != "") {
            if (in_comment) {
                at = index(line, "*/")
                if (!at) return out
                line = substr(line, at + 2); in_comment = 0
            } else {
                at = index(line, "/*")
                if (!at) return out line
                out = out substr(line, 1, at - 1); line = substr(line, at + 2); in_comment = 1
            }
        }
        return out
    }

    BEGIN {
        rows = split(table, row, "\n")
        for (i = 1; i <= rows; i++) {
            n = split(row[i], word, " ")
            if (n < 3) continue
            kind[word[1]] = word[n]
            for (j = 2; j < n; j++) may[word[1], word[j]] = 1
        }
    }
    FNR == 1 { own = folder_of(FILENAME); in_comment = 0 }

    { code = code_of($0) }

    code ~ /[^A-Za-z0-9_](malloc|calloc|realloc|strdup|strndup) ?\(/ && kind[own] !~ /free|sample/ &&
    FILENAME != "base/alloc.c" && code !~ /base_[a-z]* *\(\*/ {
        breach("allocates by itself; base/alloc is the only caller of malloc")
    }

    code ~ /^[ \t]*#[ \t]*include[ \t]*"/ {
        split(code, part, "\""); target = part[2]
        if (kind[own] == "free") next
        if (kind[own] == "sample") {
            split(FILENAME, step, "/")
            if (index(target, "/") && index(target, "samples/" step[2] "/") != 1)
                breach("a sample includes " target "; samples use <muster/...> only")
            next
        }
        other = folder_of(target)
        if (kind[own] == "public")
            breach("a public header includes \"" target "\"; only <muster/...> is installed")
        else if (target ~ /^muster\//)
            breach("includes \"" target "\"; public headers are written <" target ">")
        else if (other == "")
            breach("includes " target ", which names no folder; write \"" own "/" target "\"")
        else if (other != own && !((own, other) in may))
            breach(own "/ includes " target "; it may know only: " own allowed(own))
        if (target == "base/random.h" && kind[own] == "pure")
            breach("a pure folder takes its random numbers from outside, not from base/random.h")
        next
    }

    code ~ /^[ \t]*#[ \t]*include[ \t]*</ {
        target = code; sub(/^[^<]*</, "", target); sub(/>.*/, "", target)
        if (target ~ zeromq && kind[own] != "zeromq" && own != "bench" &&
            FILENAME !~ /^tests\/.*link/ && FILENAME !~ /^tests\/integration\//)
            breach("only link/ includes " target)
        if (target ~ impure && kind[own] == "pure")
            breach(own "/ is pure and includes <" target ">; only link/ and the shells may")
    }

    function allowed(own,    out, name) {
        out = ""
        for (name in kind) if ((own, name) in may) out = out " " name
        return out
    }
' "${files[@]}")

[ -z "$breaches" ] || echo "$breaches"
if [ -n "$breaches" ] || [ ${#unknown[@]} -gt 0 ]; then
    exit 1
fi
echo "${#files[@]} files keep to their floors"
