#!/bin/sh
# circles.sh - a module is a source and its header. Fails if modules include each other in a circle,
# and prints each circle.
#
#     ... list of files | tests/lint/circles.sh
#
# tsort(1) sorts the includes from the root; what it cannot sort is a circle.
set -eu
cd "$(dirname "$0")/../.."

edges=$(mktemp)
trap 'rm -f "$edges"' EXIT
xargs grep -HE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' /dev/null |
    sed -E 's|^(.*)\.[chS]:[^"]*"(.*)\.h".*|\1 \2|' | awk '$1 != $2' | sort -u >"$edges"

found=$(tsort "$edges" 2>&1 >/dev/null) && [ -z "$found" ] && exit 0
echo "these modules include each other in a circle (a blank line between two circles):"
printf '%s\n' "$found" | sed -E 's|^tsort: .*input contains a loop:.*||; s|^tsort: |    |'
exit 1
