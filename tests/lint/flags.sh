#!/bin/sh
# flags.sh - below loadgen/command no text names a flag: its errors name fields of the order or of the
# search, because other programs give orders, too (loadgen/command/flags/field_flags.h).
#
#     ... list of files | tests/lint/flags.sh
#
# report/ and plot/ may: their sentences advise people who type flags.
set -eu
cd "$(dirname "$0")/../.."

# shellcheck disable=SC2016 # awk's own variables
grep -Ev '^loadgen/(command|report|plot)/' | xargs awk -F'"' '
# What stands between quotes are the even fields.
{
    gsub(/\\"/, "", $0)
    for (i = 2; i <= NF; i += 2) {
        sub(/vegeta encode -to/, "", $i) # a command of another program
        if ($i ~ /(^|[ (\[])-[a-z][a-z0-9-]+/ && $0 !~ /^[ \t]*(\/\*|\*)/) {
            print FILENAME ":" FNR ": " $i
            found = 1
        }
    }
}
END { exit found }
'
