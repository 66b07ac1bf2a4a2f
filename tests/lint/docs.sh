#!/bin/sh
# docs.sh - links in Markdown files lead to a file and heading that exist, and so do the files and
# folders of this repository named in backticks (`loadgen/net`, `turns.h`). Prints those that do not.
#
#     ... list of Markdown files | tests/lint/docs.sh
#
# A heading's anchor is GitHub's: lower case, hyphens for spaces, other punctuation removed.
# shellcheck disable=SC2016 # backticks are Markdown's
set -eu
cd "$(dirname "$0")/../.."

anchors() {
    sed -n '/^```/,/^```/d; s/^##* //p' "$1" | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9_\n-'
}

# has_link FILE LINK, as written in FILE
has_link() {
    target=$(dirname "$1")/${2%%#*}
    [ -n "${2%%#*}" ] || target=$1
    [ -e "$target" ] || return 1
    [ "$2" = "${2#*#}" ] || anchors "$target" | grep -qxF -e "${2#*#}"
}

# has_path PATH, from the root, or a name without a folder
has_path() {
    case $1 in
    */*) [ -e "$1" ] ;;
    *) git ls-files --cached --others --exclude-standard -- "$1" "*/$1" | grep -q . ;;
    esac
}

FOLDERS='common|docker|docs|k8s|loadgen|target-api|tests'
found=$(while IFS= read -r file; do
    grep -oE '\]\([^)]+\)' "$file" | sed 's/^](\(.*\))$/\1/; /^https*:/d' | while IFS= read -r link; do
        has_link "$file" "$link" || echo "$file: nothing at $link"
    done
    grep -oE "\`(($FOLDERS)/[A-Za-z0-9_./-]*|[a-z0-9_]+\.([ch]|sh|py))\`" "$file" | tr -d '`' | while IFS= read -r path; do
        has_path "$path" || echo "$file: nothing at $path"
    done
done)
[ -n "$found" ] || exit 0
printf '%s\n' "$found"
exit 1
