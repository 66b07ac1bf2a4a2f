#!/bin/sh
# circles.sh - fails if modules need each other in a circle, and prints each circle.
#
#     ... list of files | OBJ=build/release/obj tests/lint/circles.sh
#
# Two graphs are sorted with tsort(1); what it cannot sort is a circle. One is of includes, where a
# module is a source and its header. The other is of calls, as the programs' objects have them: which
# one uses a symbol that another one defines. It finds two sources that call each other through one
# header, as a list of formats and the formats on it.
set -eu
cd "$(dirname "$0")/../.."
OBJ=${OBJ:-build/release/obj}

files=$(mktemp) edges=$(mktemp)
trap 'rm -f "$files" "$edges"' EXIT
cat >"$files"
status=0

# check WHAT: sorts the edges
check() {
    found=$(tsort "$edges" 2>&1 >/dev/null) && [ -z "$found" ] && return 0
    echo "these modules $1 each other in a circle (a blank line between two circles):"
    printf '%s\n' "$found" | sed -E 's|^tsort: .*input contains a loop:.*||; s|^tsort: |    |'
    status=1
}

xargs grep -HE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' /dev/null <"$files" |
    sed -E 's|^(.*)\.[chS]:[^"]*"(.*)\.h".*|\1 \2|' | awk '$1 != $2' | sort -u >"$edges"
check include

# OBJ/FILE.o: address TYPE SYMBOL, or U SYMBOL. The two programs may have the same names.
grep -E '^(common|target-api|loadgen)/.*\.c$' "$files" | sed "s|^|$OBJ/|; s|c\$|o|" |
    xargs nm -A -g | sed "s|^$OBJ/||; s|\.o:| |" | awk '
    function has(program, file) {
        return index(file, program "/") == 1 || index(file, "common/") == 1
    }
    $2 == "U" { uses[$1, $3] = 1; next }
    { from[$4] = from[$4] " " $1 }
    END {
        for (use in uses) {
            split(use, part, SUBSEP)
            program = substr(part[1], 1, index(part[1], "/") - 1)
            count = split(from[part[2]], file, " ")
            for (i = 1; i <= count; i++) {
                if (file[i] != part[1] && has(program, file[i])) {
                    print part[1], file[i]
                }
            }
        }
    }' | sort -u >"$edges"
[ -s "$edges" ] || { echo "no calls between modules are seen: are the objects of $OBJ built?"; exit 1; }
check call
exit "$status"
