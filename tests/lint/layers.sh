#!/bin/sh
# layers.sh - the tree is the architecture: fails on each #include "..." that layers.txt does not
# allow, and on a file of common/ that is not common.
#
#     ... list of files | tests/lint/layers.sh
#
# Includes are written from the root. A header of common/ is included by both programs, or by
# another module of common/, to which the same applies.
set -eu
cd "$(dirname "$0")/../.."

includes=$(mktemp)
trap 'rm -f "$includes"' EXIT

# file:line:folder:path of each include
xargs grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' /dev/null |
    sed -E 's|^((.*/)?[^/:]*):([0-9]+):[^"]*"([^"]*)".*|\1:\3:\2:\4|; s|/:|:|' >"$includes"

awk -v table=tests/lint/layers.txt '
function finding(text) {
    print text
    found = 1
}
function folder_of(path) {
    sub(/\/?[^\/]*$/, "", path)
    return path == "" ? "." : path
}
# The name of the line that holds for a folder: its own, or that of every folder inside its parent.
function line_of(folder,    group) {
    group = folder_of(folder) "/*"
    return !(folder in known) && group in known ? group : folder
}
function is_there(path,    line, there) {
    there = (getline line <path) >= 0
    close(path)
    return there
}
FILENAME == table && /^[^#]/ {
    sub(/:$/, "", $1)
    for (i = 2; i <= NF; i++) {
        if ($i != "*" && !($i in known) && !(folder_of($i) in known) && index($i, $1 "/") != 1) {
            finding(table ": " $1 " names " $i ", which no earlier line has")
        }
        allowed[$1, $i] = 1
    }
    known[$1] = 1
}
FILENAME != table {
    split($0, field, ":")
    where = field[1] ":" field[2]
    folder = line_of(field[3])
    path = field[4]
    if (!(folder in known)) {
        finding(where ": " folder " has no line in " table)
    } else if (!is_there(path)) {
        finding(where ": " path " is not there; includes are written from the root")
    } else if (folder_of(path) != field[3] && !((folder, folder_of(path)) in allowed) &&
               !((folder, path) in allowed) && !((folder, "*") in allowed)) {
        finding(where ": " folder " may not include " path)
    }
}
END { exit found }
' tests/lint/layers.txt "$includes" || status=1

# is_used_by FOLDER HEADER [BUT]: by a file of that folder whose name does not begin with BUT
is_used_by() {
    grep -E "^$1/.*:$2\$" "$includes" | grep -qv "^${3:-/}[.]"
}

for header in common/*.h common/*/*.h; do
    if ! is_used_by common "$header" "${header%.h}"; then
        for program in target-api loadgen; do
            if ! is_used_by "$program" "$header"; then
                echo "$header: $program does not use it, so it does not belong in common/"
                status=1
            fi
        done
    fi
done
exit "${status:-0}"
