#!/bin/sh
# lint.sh - every check that needs no running program. `make lint` builds and then calls it.
#
#     tests/lint/lint.sh [-h] [CHECK...]        without a name: all of them
#
# format   clang-format finds nothing to change
# tidy     clang-tidy finds nothing (.clang-tidy; for the tests also tests/.clang-tidy)
# layers   each folder includes only what tests/lint/layers.txt allows
# circles  no modules include or call each other in a circle
# globals  the programs have no mutable global state but that of tests/lint/globals.txt
# flags    below loadgen/command no error names a flag
# exits    below loadgen/command nothing ends the process
# headers  each header compiles alone
# shell    shellcheck finds nothing in the shell scripts
# docs     links and paths in Markdown files lead somewhere
#
# Files are those that git knows or would add. A check prints one line, and what it found when it
# failed. A tool that is missing fails the run: nothing is skipped.
#
# Environment: OBJ=build/release/obj, where `circles` and `globals` find the objects.
# Exit status: 0 nothing found; 1 something found, or a tool is missing; 2 usage.

# shellcheck disable=SC2317 # the functions are called by name
set -eu
cd "$(dirname "$0")/../.."

FLAGS='-std=c17 -D_GNU_SOURCE -I. -isystem /usr/share/include'

# files PATTERN...: what git knows or would add, and is there
files() {
    git ls-files --cached --others --exclude-standard -- "$@" | sort -u |
        while IFS= read -r file; do
            [ ! -f "$file" ] || printf '%s\n' "$file"
        done
}

# A line for each file, as clang-format prints three for each place.
check_format() {
    findings=$(files '*.c' '*.h' | xargs clang-format --dry-run -Werror 2>&1) && return 0
    printf '%s\n' "$findings" | awk -F: '
        / code should be clang-formatted/ {
            if ($2 != last[$1]) {
                lines[$1] = lines[$1] " " $2
            }
            last[$1] = $2
        }
        !/ code should be clang-formatted/ && /error:|Error / { print }
        END {
            for (file in lines) {
                print file ": line" lines[file]
            }
        }' | sort
    echo "put right by: clang-format -i FILE"
    return 1
}

# The two macros are what the Makefile defines for common/version.c.
check_tidy() {
    # shellcheck disable=SC2016 # the inner shell expands it
    files '*.c' | FLAGS=$FLAGS xargs -P "$(nproc)" -n 1 sh -c '
        found=$(clang-tidy --quiet "$1" -- $FLAGS \
            "-DHEADROOM_COMMIT=\"x\"" "-DHEADROOM_DATE=\"x\"" 2>&1) || {
            printf "%s\n" "$found" | grep -v " generated\.\$"
            exit 1
        }' tidy
}

check_layers() {
    files '*.c' '*.h' | tests/lint/layers.sh
}

check_circles() {
    files '*.c' '*.h' | tests/lint/circles.sh
}

check_globals() {
    files 'common/*.c' 'target-api/*.c' 'loadgen/*.c' | tests/lint/globals.sh
}

check_flags() {
    files 'loadgen/*.c' 'loadgen/*.h' 'loadgen/*.def' | tests/lint/flags.sh
}

# Except memory_of (memory.h says why), and a child that the null server forked.
check_exits() {
    ! files 'common/*.c' 'common/*.h' 'loadgen/*.c' 'loadgen/*.h' |
        grep -Ev '^loadgen/(command/|base/memory[.]c$|null_server/null_server[.]c$)' |
        xargs grep -HnE '(^|[^[:alnum:]_])(_?exit|_Exit|quick_exit|abort)[[:space:]]*[(]'
}

# In a file of its own, as a header that is compiled itself warns of what is normal in one.
check_headers() {
    refused=0
    for header in $(files '*.h'); do
        # shellcheck disable=SC2086 # the flags are words
        printf '#include "%s"\n' "$header" |
            gcc $FLAGS -Wall -Wextra -Werror -fsyntax-only -x c - || refused=1
    done
    return "$refused"
}

check_shell() {
    files '*.sh' .ci/run | xargs shellcheck -x
}

check_docs() {
    files '*.md' | tests/lint/docs.sh
}

need_tools() {
    missing=
    for need in git:git clang-format:clang-format clang-tidy:clang-tidy gcc:gcc \
        objdump:binutils nm:binutils shellcheck:shellcheck awk:mawk xargs:findutils \
        tsort:coreutils; do
        if ! command -v "${need%:*}" >/dev/null; then
            echo "lint: ${need%:*} is missing: Debian package ${need#*:}" >&2
            missing=yes
        fi
    done
    [ -z "$missing" ] || exit 1
}

[ $# -gt 0 ] || set -- format tidy layers circles globals flags exits headers shell docs
for name; do
    case $name in
    format | tidy | layers | circles | globals | flags | exits | headers | shell | docs) ;;
    *)
        sed -n '2,/^$/s/^#\( \|$\)//p' "$0"
        [ "$name" = -h ] || [ "$name" = --help ] || exit 2
        exit 0
        ;;
    esac
done
need_tools
if [ -z "$(files '*.c')" ]; then
    echo "lint: git knows no C file here: lint works in a clone" >&2
    exit 1
fi

found=$(mktemp)
trap 'rm -f "$found"' EXIT
status=0
for name; do
    if "check_$name" >"$found" 2>&1; then
        echo "ok    $name"
    else
        echo "FAIL  $name"
        sed 's/^/      /' "$found"
        status=1
    fi
done
exit "$status"
