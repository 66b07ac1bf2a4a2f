#!/bin/sh
# globals.sh - fails on mutable state of file scope in the programs, as their object files have it.
#
#     ... list of .c files | OBJ=build/release/obj tests/lint/globals.sh
#
# A symbol in .data, .bss, .tdata or .tbss is mutable for as long as the program runs, `static`
# inside a function or not. (.data.rel.ro holds constant tables of pointers: it is not mutable, and
# why objdump is asked and not nm, which calls both "d".) What has to be there is listed with its
# reason in globals.txt.
set -eu
cd "$(dirname "$0")/../.."
OBJ=${OBJ:-build/release/obj}
listed=tests/lint/globals.txt

while IFS= read -r source; do
    object=$OBJ/${source%.c}.o
    if [ -z "$(find "$object" -newer "$source" 2>/dev/null)" ]; then
        echo "$object is missing or older than $source: run make"
        continue
    fi
    objdump -t "$object" | awk -v source="$source" -v listed="$listed" '
    BEGIN {
        while ((getline line <listed) > 0) {
            if (line ~ /^[^#]/ && split(line, word, " ") >= 3) {
                allowed[word[1], word[2]] = 1
            }
        }
    }
    # address, seven letters of flags (d: the section itself), section, size, name
    /^[0-9a-f]+ / && substr($0, 18, 7) !~ /d/ {
        split(substr($0, 26), field, " ")
        section = field[1]
        name = field[3]
        sub(/[.][0-9]+$/, "", name) # a static of a function has a number behind its name
        if ((section ~ /^[.]t?(data|bss)([.]|$)/ && section !~ /^[.]data[.]rel[.]ro/ ||
             section == "*COM*") && !((source, name) in allowed)) {
            print source ": " name " is mutable state (" section "); see " listed
        }
    }'
done | {
    if grep .; then
        exit 1
    fi
}
